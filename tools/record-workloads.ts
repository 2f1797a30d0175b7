// The programs that the catalogue is recorded from and the work they are put to. The kernel tests run the same work again
// under the finished profiles. Every step must fail loudly: an idle server makes a profile that looks complete and is not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { errnoOf } from '../src/system/errno.js';
import type { Container, ContainerOptions } from './container.js';

export interface Running {
  readonly container: Container;
  readonly port: number;
  /** Signals the server's own first process, which under a recorder is not the container's. */
  signal(name: string): void;
  /** Runs a command in the container, as probes and `kubectl exec` do; throws unless it exits with 0. */
  exec(...args: string[]): string;
}

export interface Workload {
  readonly id: string;
  /** Debian packages. */
  readonly packages: readonly string[];
  readonly container: (port: number) => Pick<ContainerOptions, 'args' | 'files' | 'folders' | 'uid'>;
  /** Set when the work ends by itself and there is no port to wait for. */
  readonly batch?: true;
  /** Work in any order; each window of a recording shuffles it. */
  readonly steps: Readonly<Record<string, (running: Running) => Promise<void>>>;
  /** Signals that stop it cleanly. */
  readonly stops: readonly string[];
}

const LARGE = 'All work and no play makes a dull page.\n'.repeat(20_000);
const SITE = {
  'srv/www/index.html': '<!doctype html><title>Home</title><p>It works.</p>\n',
  'srv/www/large.txt': LARGE,
  'srv/www/sub/a.txt': 'a\n',
  'srv/www/sub/b.css': 'b{}\n',
};
const WWW_DATA = 33;

const webSteps = (listing: boolean): Workload['steps'] => ({
  pages: async ({ port }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 20; i += 1) {
      await get(port, '/index.html', 200, { agent });
    }
    agent.destroy();
    await get(port, '/sub/b.css', 200);
  },
  large: async ({ port }) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => get(port, '/large.txt', 200)));
    if (answers.some((answer) => answer.body.length !== LARGE.length)) throw new Error('the large file came back cut');
  },
  ranges: async ({ port }) => {
    const { body } = await get(port, '/large.txt', 206, { headers: { range: 'bytes=10-19' } });
    if (body !== LARGE.slice(10, 20)) throw new Error('the range is wrong');
  },
  compressed: ({ port }) => get(port, '/large.txt', 200, { headers: { 'accept-encoding': 'gzip' } }).then(nothing),
  missing: ({ port }) => get(port, '/nope', 404).then(nothing),
  head: ({ port }) => get(port, '/index.html', 200, { method: 'HEAD' }).then(nothing),
  unchanged: async ({ port }) => {
    const { headers } = await get(port, '/index.html', 200);
    await get(port, '/index.html', 304, { headers: { 'if-modified-since': headers['last-modified'] ?? '' } });
  },
  ...(listing ? { listing: ({ port }: Running) => get(port, '/sub/', 200).then(nothing) } : {}),
  aborted: async ({ port }) => {
    await eventually('the first bytes of a large answer', async () => {
      const socket = await open(port);
      socket.write('GET /large.txt HTTP/1.1\r\nHost: x\r\n\r\n');
      await firstBytes(socket);
      socket.destroy();
    });
    await get(port, '/index.html', 200);
  },
  nonsense: async ({ port }) => {
    await sendNonsense(port, '\x16\x03\x01 nonsense\r\n\r\n');
    await get(port, '/index.html', 200);
  },
  probe: async ({ exec }) => {
    if (!exec('sh', '-c', 'ls / && cat /etc/hostname /etc/passwd | head -n 1; test -d /srv').includes('srv')) {
      throw new Error('the probe saw another root');
    }
  },
});

const nginx: Workload = {
  id: 'nginx',
  packages: ['nginx-light'],
  container: (port) => ({
    args: ['nginx', '-g', 'daemon off;'],
    folders: { 'var/log/nginx': 0, 'var/lib/nginx': WWW_DATA, 'srv/www/put': WWW_DATA, 'srv/cache': WWW_DATA },
    files: {
      ...SITE,
      'etc/nginx/nginx.conf': `user www-data; worker_processes 2; pid /run/nginx.pid;
events { worker_connections 256; }
http {
  types { text/html html; text/plain txt; text/css css; } default_type application/octet-stream;
  sendfile on; tcp_nopush on; keepalive_timeout 5; gzip on; gzip_types text/plain;
  access_log /var/log/nginx/access.log; error_log /var/log/nginx/error.log info;
  proxy_cache_path /srv/cache keys_zone=c:1m;
  upstream local { server 127.0.0.1:${port}; keepalive 4; }
  upstream unix { server unix:/run/inner.sock; }
  server { listen unix:/run/inner.sock; root /srv/www; }
  server {
    listen 127.0.0.1:${port}; listen [::1]:${port}; root /srv/www;
    location /sub/ { autoindex on; }
    location /proxied/ { proxy_cache c; proxy_cache_valid 200 1m; proxy_pass http://local/; }
    location /unix/ { proxy_pass http://unix/; }
    location /put/ { client_body_buffer_size 8k; client_max_body_size 4m; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }
    location /slow/ { limit_rate 4k; alias /srv/www/; }
  }
}
`,
    },
  }),
  steps: {
    ...webSteps(true),
    proxied: async ({ port }) => {
      await get(port, '/proxied/index.html', 200);
      await get(port, '/proxied/index.html', 200);
      await get(port, '/proxied/large.txt', 200);
      await get(port, '/unix/sub/a.txt', 200);
    },
    uploads: async ({ port }) => {
      await get(port, '/put/x/a.bin', 201, { method: 'PUT', body: 'x'.repeat(300_000) });
      await get(port, '/put/x/a.bin', 204, { method: 'COPY', headers: { destination: '/put/x/b.bin' } });
      await get(port, '/put/x/b.bin', 204, { method: 'MOVE', headers: { destination: '/put/x/c.bin' } });
      await get(port, '/put/x/', 204, { method: 'DELETE' });
    },
    reload: async ({ signal, port, container }) => {
      const before = childrenOf(container);
      signal('HUP');
      await until('new workers after the reload', () => childrenOf(container).some((pid) => !before.includes(pid)));
      await get(port, '/index.html', 200);
    },
    rotation: ({ signal, port, container }) =>
      rotate(container, 'var/log/nginx/access.log', () => signal('USR1'), port),
  },
  stops: ['TERM', 'QUIT'],
};

const httpd: Workload = {
  id: 'httpd',
  packages: ['apache2'],
  container: (port) => ({
    args: ['/usr/sbin/apache2', '-f', '/etc/apache2/test.conf', '-DFOREGROUND'],
    folders: { 'var/log/apache2': 0, 'run/apache2': 0 },
    files: {
      ...SITE,
      'etc/apache2/test.conf': `ServerRoot /usr/lib/apache2
ServerName localhost
PidFile /run/apache2/apache2.pid
DefaultRuntimeDir /run/apache2
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', 'dir', 'mime', 'autoindex', 'deflate', 'filter']
  .map((name) => `LoadModule ${name}_module modules/mod_${name}.so`)
  .join('\n')}
User www-data
Group www-data
TypesConfig /etc/mime.types
StartServers 2
ErrorLog /var/log/apache2/error.log
LogFormat "%h %r %>s" common
CustomLog /var/log/apache2/access.log common
DocumentRoot /srv/www
DirectoryIndex index.html
AddOutputFilterByType DEFLATE text/plain
<Directory /srv/www>
Options Indexes FollowSymLinks
Require all granted
</Directory>
`,
    },
  }),
  steps: {
    ...webSteps(true),
    reload: async ({ signal, port, container }) => {
      const before = childrenOf(container);
      signal('USR1');
      await until('new workers after the reload', () => childrenOf(container).some((pid) => !before.includes(pid)));
      await get(port, '/index.html', 200);
    },
    restart: async ({ signal, port }) => {
      signal('HUP');
      await eventually('an answer after the restart', () => get(port, '/index.html', 200));
    },
  },
  stops: ['TERM', 'WINCH'],
};

const lighttpd: Workload = {
  id: 'lighttpd',
  packages: ['lighttpd'],
  container: (port) => ({
    args: ['lighttpd', '-D', '-f', '/etc/lighttpd.conf'],
    folders: { 'var/log/lighttpd': WWW_DATA },
    files: {
      ...SITE,
      'etc/lighttpd.conf': `server.modules = ( "mod_dirlisting", "mod_accesslog", "mod_deflate" )
server.port = ${port}
server.bind = "127.0.0.1"
server.document-root = "/srv/www"
server.username = "www-data"
server.groupname = "www-data"
server.pid-file = "/run/lighttpd.pid"
server.errorlog = "/var/log/lighttpd/error.log"
accesslog.filename = "/var/log/lighttpd/access.log"
index-file.names = ( "index.html" )
dir-listing.activate = "enable"
deflate.mimetypes = ( "text/plain" )
deflate.allowed-encodings = ( "gzip" )
mimetype.assign = ( ".html" => "text/html", ".txt" => "text/plain", ".css" => "text/css" )
`,
    },
  }),
  steps: {
    ...webSteps(true),
    rotation: ({ signal, port, container }) =>
      rotate(container, 'var/log/lighttpd/access.log', () => signal('HUP'), port),
  },
  stops: ['TERM', 'INT'],
};

const haproxy: Workload = {
  id: 'haproxy',
  packages: ['haproxy'],
  container: (port) => ({
    args: ['haproxy', '-W', '-db', '-f', '/etc/haproxy.cfg'],
    folders: { 'var/lib/haproxy': 0 },
    files: {
      'etc/haproxy.cfg': `global
  user www-data
  group www-data
  maxconn 200
  nbthread 2
  stats socket /run/haproxy.sock mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${port}
  use_backend own if { path_beg /own }
  default_backend app
backend app
  option httpchk GET /
  server one 127.0.0.1:${port + 1} check inter 100ms
backend own
  http-request return status 200 content-type text/plain string "own"
`,
    },
  }),
  steps: {
    own: async ({ port }) => {
      for (let i = 0; i < 20; i += 1) await get(port, '/own', 200);
    },
    proxied: async ({ port }) => {
      const backend = createServer((_, response) => response.end(LARGE));
      backend.listen(port + 1, '127.0.0.1');
      await once(backend, 'listening');
      try {
        await eventually('the backend to be found healthy', () => get(port, '/', 200));
        await Promise.all(Array.from({ length: 6 }, () => get(port, '/', 200)));
      } finally {
        backend.closeAllConnections();
        backend.close();
      }
      await eventually('the backend to be found dead', () => get(port, '/', 503));
    },
    nonsense: ({ port }) => sendNonsense(port, 'nonsense\r\n\r\n'),
    reload: async ({ signal, port, container }) => {
      const before = childrenOf(container);
      signal('USR2');
      await until('a new worker after the reload', () => childrenOf(container).some((pid) => !before.includes(pid)));
      await eventually('an answer after the reload', () => get(port, '/own', 200));
    },
    probe: async ({ exec }) => {
      exec('sh', '-c', 'ls / && test -S /run/haproxy.sock');
    },
  },
  stops: ['TERM', 'USR1'],
};

const redis: Workload = {
  id: 'redis',
  packages: ['redis-server', 'redis-tools'],
  container: (port) => ({
    args: [
      'redis-server',
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--dir',
      '/data',
      '--unixsocket',
      '/run/redis.sock',
      '--save',
      '3600',
      '1',
      '--appendonly',
      'yes',
      '--io-threads',
      '2',
    ],
    folders: { data: 0 },
  }),
  steps: {
    commands: async ({ port }) => {
      await redisCalls(port, [
        'PING',
        'SET k v',
        'GET k',
        'INCR n',
        'LPUSH l a b c',
        'LRANGE l 0 -1',
        'EXPIRE k 100',
        'INFO',
        'CONFIG GET maxmemory',
        'CLIENT LIST',
        'MEMORY DOCTOR',
      ]);
      await redisCalls(port, [`SET big ${'x'.repeat(60_000)}`, 'GET big', 'DEL big', 'FLUSHALL ASYNC']);
    },
    benchmark: ({ port }) =>
      runTool('redis-benchmark', [
        '-p',
        String(port),
        '-q',
        '-n',
        '2000',
        '-c',
        '20',
        '-t',
        'ping,set,get,incr,lpush,lrange,mset',
      ]),
    snapshot: async ({ port }) => {
      await redisCalls(port, ['SET s 1', 'SAVE']);
      await eventually('a background save to start', () => redisCalls(port, ['BGSAVE']));
      await eventually('the background save to end', async () => {
        if (!(await redisCalls(port, ['INFO persistence'])).includes('rdb_bgsave_in_progress:0'))
          throw new Error('still saving');
      });
    },
    rewrite: async ({ port }) => {
      await eventually('a rewrite of the log to start', () => redisCalls(port, ['BGREWRITEAOF']));
      await eventually('the rewrite to end', async () => {
        if (!(await redisCalls(port, ['INFO persistence'])).includes('aof_rewrite_in_progress:0'))
          throw new Error('still rewriting');
      });
    },
    scripts: ({ port }) => redisCalls(port, ['EVAL "return redis.call(\'PING\')" 0']).then(nothing),
    subscribers: async ({ port }) => {
      const socket = await open(port);
      socket.write('SUBSCRIBE news\r\n');
      await firstBytes(socket);
      await redisCalls(port, ['PUBLISH news hello']);
      socket.destroy();
    },
    local: async ({ exec }) => {
      if (!exec('redis-cli', '-s', '/run/redis.sock', 'ping').includes('PONG')) throw new Error('no PONG');
    },
    probe: async ({ exec }) => {
      exec('sh', '-c', 'ls /data && test -S /run/redis.sock');
    },
  },
  stops: ['TERM', 'INT'],
};

const memcached: Workload = {
  id: 'memcached',
  packages: ['memcached'],
  container: (port) => ({
    args: [
      'memcached',
      '-u',
      'www-data',
      '-l',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      String(port),
      '-m',
      '16',
      '-t',
      '2',
    ],
  }),
  steps: {
    commands: async ({ port }) => {
      for (const [send, expected] of [
        ['set k 0 0 5\r\nhello\r\n', 'STORED'],
        ['get k\r\n', 'hello'],
        ['incr n 1\r\n', 'NOT_FOUND'],
        ['stats\r\n', 'END'],
        ['stats slabs\r\n', 'END'],
        ['flush_all\r\n', 'OK'],
        [`set big 0 0 500000\r\n${'x'.repeat(500_000)}\r\n`, 'STORED'],
        ['get big\r\n', 'END'],
      ] as const) {
        await talk(port, send, expected);
      }
    },
    clients: async ({ port }) => {
      await Promise.all(Array.from({ length: 20 }, () => talk(port, 'version\r\n', 'VERSION')));
    },
    datagrams: async ({ port }) => {
      await runTool('bash', [
        '-c',
        `exec 3<>/dev/udp/127.0.0.1/${port}; printf '\\0\\1\\0\\0\\0\\1\\0\\0version\\r\\n' >&3; timeout 5 head -c 15 <&3 | grep -qa VERSION`,
      ]);
    },
    probe: async ({ exec }) => {
      exec('sh', '-c', 'ls / && id');
    },
  },
  stops: ['TERM', 'INT'],
};

const node: Workload = {
  id: 'node',
  packages: ['nodejs'],
  container: (port) => ({
    args: ['/usr/bin/node', '/srv/server.mjs', String(port)],
    folders: { data: 0 },
    files: {
      ...SITE,
      'srv/server.mjs': `import { createServer, get } from 'node:http';
import { execFile } from 'node:child_process';
import { createReadStream, promises as fs, watch } from 'node:fs';
import { lookup } from 'node:dns';
import { gzip } from 'node:zlib';
import { scrypt, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
const port = Number(process.argv[2]);
const routes = {
  '/index.html': (_, out) => fs.readFile('/srv/www/index.html').then((page) => out.end(page)),
  '/large.txt': (_, out) => createReadStream('/srv/www/large.txt').pipe(out),
  '/gzip': (_, out) => gzip(Buffer.alloc(100000), (error, data) => out.end(data)),
  '/hash': (_, out) => scrypt('a', randomBytes(8), 32, (error, key) => out.end(key.toString('hex'))),
  '/worker': (_, out) => new Worker('require("worker_threads").parentPort.postMessage(6 * 7)', { eval: true }).on('message', (n) => out.end(String(n))),
  '/child': (_, out) => execFile('/bin/echo', ['hello'], (error, text) => { out.statusCode = error ? 500 : 200; out.end(text); }),
  '/name': (_, out) => lookup('localhost', () => out.end('x')),
  '/files': async (_, out) => {
    await fs.mkdir('/data/d', { recursive: true }); await fs.writeFile('/data/d/a', 'x'); await fs.appendFile('/data/d/a', 'y');
    await fs.rename('/data/d/a', '/data/d/b'); await fs.chmod('/data/d/b', 0o600); await fs.utimes('/data/d/b', 1, 1); await fs.truncate('/data/d/b', 1);
    await fs.copyFile('/data/d/b', '/data/d/c'); await fs.symlink('b', '/data/d/l'); await fs.readlink('/data/d/l'); await fs.readdir('/data/d'); await fs.stat('/data/d/b');
    await fs.rm('/data/d', { recursive: true }); out.end('done');
  },
  '/self': (_, out) => get({ port, path: '/index.html', host: '127.0.0.1' }, (answer) => answer.pipe(out)),
};
const server = createServer((call, out) => (routes[call.url] ?? ((_, o) => { o.statusCode = 404; o.end(); }))(call, out));
server.listen(port, '127.0.0.1');
for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => { server.closeAllConnections(); server.close(() => process.exit(0)); });
`,
    },
  }),
  steps: {
    pages: async ({ port }) => {
      for (let i = 0; i < 20; i += 1) await get(port, '/index.html', 200);
      await get(port, '/large.txt', 200);
      await get(port, '/nope', 404);
    },
    work: async ({ port }) => {
      for (const path of ['/gzip', '/hash', '/worker', '/name', '/self']) await get(port, path, 200);
    },
    files: ({ port }) => get(port, '/files', 200).then(nothing),
    child: ({ port }) => get(port, '/child', 200).then(nothing),
    probe: async ({ exec }) => {
      exec('sh', '-c', 'ls /data && test -f /srv/server.mjs');
    },
  },
  stops: ['TERM', 'INT'],
};

const python: Workload = {
  id: 'python',
  packages: ['python3', 'python3-minimal'],
  container: (port) => ({
    args: ['/usr/bin/python3', '/srv/server.py', String(port)],
    folders: { data: 0 },
    files: {
      ...SITE,
      'srv/server.py': `import hashlib, http.server, os, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time, zlib
port = int(sys.argv[1])
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args): super().__init__(*args, directory='/srv/www')
    def log_message(self, *args): pass
    def do_GET(self):
        work = getattr(self, 'work_' + self.path[1:], None)
        if work is None: return super().do_GET()
        text = str(work()).encode()
        self.send_response(200); self.send_header('Content-Length', str(len(text))); self.end_headers(); self.wfile.write(text)
    def work_hash(self): return hashlib.sha256(os.urandom(64) + zlib.compress(b'x' * 100000)).hexdigest()
    def work_child(self): return subprocess.run(['/bin/echo', 'hello'], capture_output=True, check=True).stdout
    def work_thread(self):
        t = threading.Thread(target=time.sleep, args=(0.01,)); t.start(); t.join(); return 1
    def work_name(self): return socket.getaddrinfo('localhost', 80)
    def work_files(self):
        with tempfile.TemporaryDirectory(dir='/data') as d:
            p = os.path.join(d, 'a'); open(p, 'w').write('x'); os.rename(p, p + 'b'); os.chmod(p + 'b', 0o600); os.utime(p + 'b', (1, 1))
            shutil.copy(p + 'b', p); os.symlink('a', p + 'l'); os.readlink(p + 'l'); os.truncate(p, 0); os.mkdir(p + 'd'); return os.listdir(d)
    def work_database(self):
        c = sqlite3.connect('/data/x.db'); c.execute('create table if not exists t(a)'); c.execute('insert into t values (1)'); c.commit(); c.close(); return 1
server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
def stop(*_): threading.Thread(target=server.shutdown).start()
signal.signal(signal.SIGTERM, stop); signal.signal(signal.SIGINT, stop)
server.serve_forever()
`,
    },
  }),
  steps: {
    pages: async ({ port }) => {
      for (let i = 0; i < 20; i += 1) await get(port, '/index.html', 200);
      await get(port, '/large.txt', 200);
      await get(port, '/sub/', 200);
      await get(port, '/nope', 404);
    },
    work: async ({ port }) => {
      for (const path of ['/hash', '/thread', '/name']) await get(port, path, 200);
    },
    files: ({ port }) => get(port, '/files', 200).then(nothing),
    database: ({ port }) => get(port, '/database', 200).then(nothing),
    child: ({ port }) => get(port, '/child', 200).then(nothing),
    probe: async ({ exec }) => {
      exec('sh', '-c', 'ls /data && test -f /srv/server.py');
    },
  },
  stops: ['TERM', 'INT'],
};

const CHORES = `set -eu
cd /data
mkdir -p in/deep out; seq 1 5000 >in/numbers; printf 'b\\na\\nc\\n' >in/letters; : >in/deep/empty
sort -r in/letters | uniq -c | tee out/sorted | wc -l; sort -n in/numbers | head -n 3; tail -n 2 in/numbers
grep -c 7 in/numbers; sed -e s/1/x/ in/numbers >out/changed; mawk '{ n += $1 } END { print n }' in/numbers; cut -c1 in/letters | tr a-z A-Z
cp -a in copy; mv copy moved; ln -s in/letters link; ln in/letters hard; readlink -f link; chmod 600 hard; touch -d @1 hard; chown 1:1 hard
find moved -type f -print0 | xargs -0 ls -l; tar -czf all.tgz moved; tar -tzf all.tgz; mkdir again; tar -xzf all.tgz -C again; diff -r moved again/moved
gzip -k out/changed; gunzip -c out/changed.gz | sha256sum; dd if=/dev/urandom of=random bs=4k count=4 2>/dev/null; cmp random random; truncate -s 10 random
mkfifo pipe; (echo through >pipe) & cat pipe; wait
x=$(date +%s); sleep 0.1; [ "$(date +%s)" -ge "$x" ]; id; uname -a; df / | tail -n 1; stat random; du -s .; env | sort; nproc; ps -e | wc -l
timeout 5 sleep 0.05; (exit 3) || echo $?; trap 'echo stopped' TERM; kill -TERM $$; mktemp -p .; rmdir in/deep 2>/dev/null || rm -rf in/deep; rm -rf moved again; sync random; nice true; ulimit -a; umask 077; printf '%s\\n' "\${BASH_VERSION:-sh}"
`;

const shell: Workload = {
  id: 'shell',
  packages: ['bash', 'mawk', 'coreutils', 'findutils', 'tar', 'gzip', 'dash', 'busybox-static'],
  batch: true,
  container: () => ({
    args: [
      'sh',
      '-c',
      'bash -e /srv/chores.sh && rm -rf /data/* && dash -e /srv/chores.sh && rm -rf /data/* && busybox sh -c "ls -l /; echo x | busybox sed s/x/y/" && echo all done',
    ],
    folders: { data: 0 },
    files: { 'srv/chores.sh': CHORES },
  }),
  steps: {},
  stops: [],
};

/** The user of this name on the machine, whom its package has made. */
function userId(name: string): number {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const id = line?.split(':')[2];
  if (id === undefined) throw new Error(`there is no user ${name}: bash tools/install-test-packages.sh`);
  return Number(id);
}

const POSTGRES = '/usr/lib/postgresql';

const BASICS = [
  'DROP TABLE IF EXISTS t; CREATE TABLE t (a int, b text); CREATE INDEX i ON t (a); ' +
    "INSERT INTO t VALUES (1, 'x'), (2, 'y'); UPDATE t SET b = 'z' WHERE a = 1; DELETE FROM t WHERE a = 2; " +
    'SELECT count(*) FROM t JOIN t u ON t.a = u.a; ALTER TABLE t ADD c int; TRUNCATE t; DROP TABLE t;',
  'CREATE TABLE IF NOT EXISTS r (a int); INSERT INTO r VALUES (1); BEGIN; ROLLBACK; SELECT * FROM r;',
];

const postgres: Workload = {
  id: 'postgres',
  packages: ['postgresql-15', 'postgresql-client-15'],
  container: (port) => ({
    args: [
      'sh',
      '-c',
      `${POSTGRES}/15/bin/initdb -D /data/db -A trust -U postgres --no-locale >/dev/null && exec ${POSTGRES}/15/bin/postgres -D /data/db -p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=/data -c work_mem=64kB -c min_parallel_table_scan_size=0 -c parallel_setup_cost=0 -c parallel_tuple_cost=0`,
    ],
    uid: userId('postgres'),
    folders: { data: userId('postgres') },
  }),
  steps: {
    basics: async ({ port }) => {
      for (const text of BASICS) await psql(port, text);
    },
    large: ({ port }) =>
      psql(
        port,
        'DROP TABLE IF EXISTS big; CREATE TABLE big AS SELECT n, md5(n::text) m FROM generate_series(1, 60000) n; ANALYZE big; ' +
          'SELECT count(*) FROM big a JOIN big b USING (m); SELECT n FROM big ORDER BY m LIMIT 3; CREATE INDEX ON big (m); VACUUM FULL big;',
      ),
    maintenance: ({ port }) =>
      psql(
        port,
        'CHECKPOINT',
        'VACUUM ANALYZE',
        'SELECT pg_switch_wal()',
        "COPY (SELECT 1) TO '/data/out.csv'",
        'SELECT pg_reload_conf()',
        'SELECT lo_unlink(lo_create(0))',
        'CREATE DATABASE other',
        'DROP DATABASE other',
      ),
    clients: async ({ port }) => {
      await Promise.all(Array.from({ length: 6 }, () => psql(port, 'SELECT pg_sleep(0.05); SELECT 1')));
    },
    cancelled: ({ port }) =>
      psql(
        port,
        'SET statement_timeout = 50; DO $$ BEGIN PERFORM pg_sleep(5); EXCEPTION WHEN query_canceled THEN NULL; END $$',
      ),
    local: async ({ exec, port }) => {
      exec('/usr/lib/postgresql/15/bin/psql', '-h', '/data', '-p', String(port), '-U', 'postgres', '-c', 'SELECT 1');
    },
    reload: ({ signal, port }) => {
      signal('HUP');
      return psql(port, 'SELECT 1');
    },
    probe: async ({ exec, port }) => {
      exec('sh', '-c', `ls /data && ${POSTGRES}/15/bin/pg_isready -h /data -p ${port}`);
    },
  },
  stops: ['INT', 'TERM'],
};

const mariadb: Workload = {
  id: 'mariadb',
  packages: ['mariadb-server', 'mariadb-client'],
  container: (port) => ({
    args: [
      'sh',
      '-c',
      `export TMPDIR=/data; mariadb-install-db --no-defaults --datadir=/data/db --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1; exec mariadbd --no-defaults --datadir=/data/db --port=${port} --bind-address=127.0.0.1 --socket=/data/socket --pid-file=/data/pid --log-bin=/data/binlog --innodb-buffer-pool-size=16M --tmpdir=/data`,
    ],
    uid: userId('mysql'),
    folders: { data: userId('mysql') },
  }),
  steps: {
    basics: async ({ port }) => {
      for (const text of BASICS) await mysql(port, `CREATE DATABASE IF NOT EXISTS d; USE d; ${text}`);
    },
    large: ({ port }) =>
      mysql(
        port,
        'CREATE DATABASE IF NOT EXISTS d; USE d; DROP TABLE IF EXISTS big; CREATE TABLE big (n INT PRIMARY KEY, m CHAR(32)); INSERT INTO big SELECT seq, md5(seq) FROM seq_1_to_60000; ' +
          'SELECT count(*) FROM big a JOIN big b USING (n); SELECT n FROM big ORDER BY m LIMIT 3; CREATE INDEX i ON big (m); OPTIMIZE TABLE big; CHECK TABLE big;',
      ),
    engines: ({ port }) =>
      mysql(
        port,
        "CREATE DATABASE IF NOT EXISTS d; USE d; DROP TABLE IF EXISTS y, a; CREATE TABLE y (a int) ENGINE=MyISAM; INSERT INTO y VALUES (1); CREATE TABLE a (a int) ENGINE=Aria; INSERT INTO a VALUES (1); REPAIR TABLE y; SELECT 1 INTO OUTFILE '/data/out.csv'; ".replace(
          'out.csv',
          `out${Date.now()}.csv`,
        ),
      ),
    maintenance: ({ port }) =>
      mysql(
        port,
        'FLUSH LOGS; FLUSH TABLES; PURGE BINARY LOGS BEFORE NOW(); SHOW ENGINE INNODB STATUS; SET GLOBAL innodb_buffer_pool_dump_now = 1;',
      ),
    clients: async ({ port }) => {
      await Promise.all(Array.from({ length: 6 }, () => mysql(port, 'SELECT SLEEP(0.05);')));
    },
    local: async ({ exec }) => {
      exec('mariadb', '--no-defaults', '-S', '/data/socket', '-u', 'root', '-e', 'SELECT 1');
    },
    reload: ({ signal, port }) => {
      signal('HUP');
      return mysql(port, 'SELECT 1;');
    },
    probe: async ({ exec }) => {
      exec('sh', '-c', 'ls /data && test -S /data/socket');
    },
  },
  stops: ['TERM', 'TERM'],
};

/** Each statement by itself: in one string they would be one transaction. */
async function psql(port: number, ...texts: readonly string[]): Promise<void> {
  const to = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-d', 'postgres', '-v', 'ON_ERROR_STOP=1'];
  const statements = texts
    .flatMap((text) => (text.includes('$$') ? [text] : text.split(';')))
    .filter((each) => each.trim() !== '');
  await eventually('postgres to answer', () => runTool('psql', [...to, '-c', 'SELECT 1']));
  await runTool('psql', [...to, ...statements.flatMap((statement) => ['-c', statement])]);
}

async function mysql(port: number, text: string): Promise<void> {
  await runTool('mariadb', ['--no-defaults', '-h', '127.0.0.1', '-P', String(port), '-u', 'root', '-e', text]);
}

export const WORKLOADS: readonly Workload[] = [
  nginx,
  httpd,
  lighttpd,
  haproxy,
  redis,
  memcached,
  postgres,
  mariadb,
  node,
  python,
  shell,
];

export function workload(id: string): Workload {
  const found = WORKLOADS.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no workload called ${id}`);
  return found;
}

interface Answer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

type GetOptions = { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent };

async function get(port: number, path: string, status: number, options: GetOptions = {}): Promise<Answer> {
  return despiteResets(() => getOnce(port, path, status, options));
}

/** Until the server hangs up; a connection that a restarting server dropped has not brought it the nonsense. */
async function sendNonsense(port: number, text: string): Promise<void> {
  await despiteResets(async () => {
    const socket = await open(port);
    socket.end(text);
    socket.resume();
    await once(socket, 'close');
  });
}

/** Asks again when the connection is dropped: a server in the middle of a restart lets go of what it has just taken. */
async function despiteResets<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === 5 || errnoOf(error) !== 'ECONNRESET') throw error;
    }
  }
}

async function getOnce(port: number, path: string, status: number, options: GetOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: options.agent ?? false,
        timeout: 20_000,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode !== status) {
            reject(new Error(`${options.method ?? 'GET'} ${path}: ${response.statusCode}, not ${status}`));
          } else {
            resolve({ body: Buffer.concat(parts).toString('latin1'), headers: response.headers as Answer['headers'] });
          }
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error(`${path}: no answer`)));
    call.on('error', reject);
    call.end(options.body);
  });
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

async function firstBytes(socket: Socket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}

async function talk(port: number, send: string, expected: string): Promise<string> {
  const socket = await open(port);
  socket.setTimeout(20_000, () => socket.destroy());
  socket.write(send);
  let heard = '';
  for await (const part of socket) {
    heard += String(part);
    if (heard.includes(expected)) return heard;
  }
  throw new Error(`no "${expected}" in the answer to "${send.slice(0, 40)}", but "${heard.slice(0, 200)}"`);
}

async function redisCalls(port: number, commands: readonly string[]): Promise<string> {
  let heard = '';
  for (const command of commands) {
    heard += await talk(port, `${command}\r\nPING finished\r\n`, 'finished');
    if (/^-(?!LOADING)/m.test(heard)) throw new Error(`${command.slice(0, 60)}: ${heard.slice(-200)}`);
  }
  return heard;
}

async function runTool(name: string, args: readonly string[]): Promise<void> {
  const child = spawn(name, args, { stdio: 'ignore', timeout: 60_000 });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}

/** Moves the log away, asks for a new one, and waits for a line in it. */
async function rotate(container: Container, log: string, ask: () => void, port: number): Promise<void> {
  const path = join(container.root, log);
  renameSync(path, `${path}.1`);
  ask();
  await eventually('a line in the new log', async () => {
    await get(port, '/index.html', 200);
    if (readFileSync(path, 'utf8') === '') throw new Error('the new log is empty');
  });
}

/** The processes of the container, as the machine numbers them. */
export function childrenOf(container: Container): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const first = container.pid();
  const isInside = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === first) return true;
    return false;
  };
  return [...parents.keys()].filter(isInside);
}

const DEADLINE_MS = 60_000;

export async function until(what: string, holds: () => boolean): Promise<void> {
  await eventually(what, async () => {
    if (!holds()) throw new Error('not yet');
  });
}

export async function eventually<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function nothing(): void {}
