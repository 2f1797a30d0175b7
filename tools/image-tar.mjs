// Writes ustar archives whose bytes depend on their content alone: no owner's name, no time.
const block = 512;

/** Entries: { path, mode, content } for a file, { path, mode } for a folder, { path, link } for a symbolic link. */
export function tar(entries) {
  const parts = [];
  for (const { path, mode = 0o644, content, link } of entries) {
    const type = link !== undefined ? '2' : content === undefined ? '5' : '0';
    const name = type === '5' ? `${path}/` : path;
    parts.push(header(name, type, mode, content?.length ?? 0, link ?? ''));
    if (content === undefined) continue;
    parts.push(content);
    const rest = content.length % block;
    if (rest > 0) parts.push(Buffer.alloc(block - rest));
  }
  parts.push(Buffer.alloc(2 * block));
  return Buffer.concat(parts);
}

function header(path, type, mode, size, link) {
  const made = Buffer.alloc(block);
  const [prefix, name] = split(path);
  const octal = (value, at, length) =>
    made.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length, 'latin1');
  made.write(name, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  made.fill(' ', 148, 156);
  made.write(type, 156, 1);
  made.write(link, 157, 100);
  made.write('ustar\x0000', 257, 8, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  made.write(prefix, 345, 155);
  const sum = made.reduce((total, byte) => total + byte, 0);
  made.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return made;
}

function split(path) {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100 && name !== '') return [prefix, name];
  }
  throw new Error(`${path} is too long for a tar archive`);
}
