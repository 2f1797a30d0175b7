// A load of one kind of call over keep-alive TLS connections, as lean as Node can be: requests are bytes made beforehand, answers are only
// measured and their first bytes checked. Reads one JSON order a line on standard input, prints one JSON result a line.
//   { port, ca, path, bodies: [text], connections, calls | seconds, expect, every?, numbered? }
// `expect` must be in every answer; `every` (ms) starts calls on a schedule instead of one after another. `numbered` is a text of zeros that
// stands in the bodies: each call of this process has a number of its own there, and each connection one of the bodies. Bounded: at most
// 60 s an order.
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';

const longest = 60_000;
let lastNumber = 0;

async function load({
  port,
  ca,
  path,
  bodies,
  connections,
  calls = Number.POSITIVE_INFINITY,
  seconds = longest / 1000,
  expect,
  every,
  numbered,
}) {
  const requests = bodies.map((body) => {
    const bytes = Buffer.from(body);
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), bytes]);
  });
  const needle = expect === undefined ? undefined : Buffer.from(expect);
  const latencies = [];
  const problems = new Map();
  let began = 0;
  let end = 0;
  let started = 0;
  // Connections are kept: what is measured begins when all of them are there, or handshakes would be the slowest calls of a short run.
  let connecting = connections;
  const ready = [];
  const begin = () => {
    began = performance.now();
    end = began + Math.min(longest, seconds * 1000);
    for (const next of ready) next();
  };
  const problem = (what) => problems.set(what, (problems.get(what) ?? 0) + 1);
  const client = (_, index) =>
    new Promise((resolve) => {
      const own = numbered === undefined ? undefined : numberedRequest(requests[index % requests.length], numbered);
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, minVersion: 'TLSv1.3' });
      socket.setNoDelay(true);
      let sent = 0;
      let wanted = -1;
      let chunks = [];
      let size = 0;
      let timer;
      let done = false;
      let isConnecting = true;
      const connected = () => {
        if (!isConnecting) return;
        isConnecting = false;
        connecting -= 1;
        if (connecting === 0) begin();
      };
      const finish = () => {
        done = true;
        connected();
        clearTimeout(timer);
        socket.destroy();
        resolve();
      };
      const next = () => {
        if (started >= calls || performance.now() >= end) return finish();
        started += 1;
        sent = performance.now();
        socket.write(own === undefined ? requests[started % requests.length] : own());
      };
      const answered = (bytes) => {
        latencies.push(performance.now() - sent);
        if (bytes[9] !== 0x32) problem(`status ${bytes.toString('latin1', 9, 12)}`);
        else if (needle !== undefined && !bytes.includes(needle))
          problem(`not expected: ${bytes.toString('utf8', Math.max(0, bytes.length - 200))}`);
        wanted = -1;
        chunks = [];
        size = 0;
        if (every === undefined) next();
        else timer = setTimeout(next, Math.max(0, every - (performance.now() - sent)));
      };
      socket.on('secureConnect', () => {
        ready.push(next);
        connected();
      });
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
        if (wanted < 0) {
          const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
          const headEnd = bytes.indexOf('\r\n\r\n');
          if (headEnd < 0) return;
          const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, headEnd))?.[1];
          if (length === undefined) {
            problem('an answer without Content-Length');
            return finish();
          }
          wanted = headEnd + 4 + Number(length);
          chunks = [bytes];
        }
        if (size >= wanted) answered(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      });
      socket.on('error', (error) => {
        if (!done) problem(error.code ?? error.message);
        finish();
      });
      socket.on('close', () => {
        if (!done) problem('closed');
        finish();
      });
    });
  await Promise.all(Array.from({ length: connections }, client));
  const took = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return {
    calls: latencies.length,
    perSecond: latencies.length / took,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    problems: Object.fromEntries(problems),
  };
}

/** Makes the bytes of a connection's next call: its own copy of a request, in which the number is written anew once it was answered. */
function numberedRequest(request, zeros) {
  const bytes = Buffer.from(request);
  const places = [];
  for (let at = bytes.indexOf(zeros); at >= 0; at = bytes.indexOf(zeros, at + zeros.length)) places.push(at);
  return () => {
    lastNumber += 1;
    const digits = String(lastNumber).padStart(zeros.length, '0');
    for (const at of places) bytes.latin1Write(digits, at);
    return bytes;
  };
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(line)))}\n`);
