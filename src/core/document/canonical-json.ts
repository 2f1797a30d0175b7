import type { Members } from './members.js';

/**
 * JSON in the one form of RFC 8785: keys by their UTF-16 code units, no white space, numbers and strings as ECMAScript prints
 * them. Members that are undefined are left out.
 * @throws TypeError on what JSON cannot say: NaN, infinities, functions, symbols, bigints, a bare undefined
 */
export function canonicalJson(value: unknown): string {
  if (isInOrder(value)) return JSON.stringify(value);
  const ordered = inOrder(value);
  return ordered === noneInOrder ? written(value) : JSON.stringify(ordered);
}

/** There is no object that the engine would print in the canonical order. */
const noneInOrder = Symbol('none in order');

/** Whether what the engine prints of a value is its canonical form, as it is of records, whose keys mostly stand in order. */
function isInOrder(value: unknown): boolean {
  if (isScalar(value)) return true;
  if (!Array.isArray(value)) return areInOrder(value as object);
  for (let index = 0; index < value.length; index += 1) if (!isInOrder(value[index])) return false;
  return true;
}

/** Whether it is a value without others in it. */
function isScalar(value: unknown): value is string | boolean | number | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      finite(value);
      return true;
    case 'object':
      return value === null;
    default:
      throw noForm(value);
  }
}

function areInOrder(object: object): boolean {
  if (!isPlain(object)) return false;
  const members = object as Members;
  let last = '';
  for (const key in members) {
    if (key < last) return false;
    last = key;
    const member = members[key];
    if (typeof member !== 'string' && member !== undefined && !isInOrder(member)) return false;
  }
  return true;
}

/** Others may say by `toJSON` how they are printed. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}

/** A copy whose keys stand in order: the engine prints it several times faster than text is put together piece by piece. */
function inOrder(value: unknown): unknown {
  if (isScalar(value)) return value;
  return Array.isArray(value) ? listInOrder(value) : sortedMembers(value as Members);
}

function listInOrder(list: readonly unknown[]): unknown {
  const copy: unknown[] = [];
  for (const item of list) {
    const ordered = inOrder(item);
    if (ordered === noneInOrder) return noneInOrder;
    copy.push(ordered);
  }
  return copy;
}

function sortedMembers(members: Members): unknown {
  if (!isPlain(members)) return noneInOrder;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(members).sort()) {
    const first = key.charCodeAt(0);
    // Objects keep numbers before all other keys and in their own order, and take this name for their prototype.
    if ((first >= 0x30 && first <= 0x39) || key === '__proto__') return noneInOrder;
    const member = members[key];
    if (member === undefined) continue;
    const ordered = inOrder(member);
    if (ordered === noneInOrder) return noneInOrder;
    copy[key] = ordered;
  }
  return copy;
}

function written(value: unknown): string {
  if (isScalar(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, written).join(',')}]`;
  const members = value as Members;
  let text = '';
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${written(member)}`;
  }
  return `{${text}}`;
}

function finite(value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
}

function noForm(value: unknown): TypeError {
  return new TypeError(`a ${typeof value} has no JSON form`);
}
