import { lintProfile } from '../../../src/core/lint/lint.js';

const BOTH = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'];
const allow = (names: readonly string[], ...args: object[]) => ({ names, action: 'SCMP_ACT_ALLOW', args });
const refuse = (...names: readonly string[]) => ({ names, action: 'SCMP_ACT_ERRNO', errnoRet: 13 });
const equal = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' });

const found = (architectures: readonly string[], syscalls: readonly object[], defaultAction = 'SCMP_ACT_ERRNO') =>
  lintProfile(JSON.stringify({ defaultAction, architectures, syscalls }))
    .problems.filter(({ code }) => ['SP017', 'SP040'].includes(code))
    .map(({ code, severity }) => `${code} ${severity}`);

test.each([
  [
    'a socket rule beside a larger call',
    [allow(['socket'], equal(0, 1)), allow(['socketcall'], { index: 0, value: 1, op: 'SCMP_CMP_GT' })],
  ],
  ['beside another call', [allow(['socket'], equal(0, 1)), allow(['socketcall'], equal(0, 2))]],
  ['alone', [allow(['socket'], equal(0, 1))]],
])('%s opens socketcall, of which SP040 alone speaks', (_, rules) => {
  expect(found([...BOTH, 'SCMP_ARCH_X32'], rules)).toEqual(['SP040 warning']);
});

test('where socketcall is refused and socket is not, a note says who gets no sockets', () => {
  expect(found(BOTH, [allow(['socket'], equal(0, 1)), refuse('socketcall')])).toEqual(['SP040 info']);
  expect(found(BOTH, [allow(['socket']), refuse('socketcall')])).toEqual(['SP040 info']);
  expect(found(BOTH, [refuse('socketcall')], 'SCMP_ACT_ALLOW')).toEqual(['SP040 info']);
  expect(found(BOTH, [refuse('socketcall', 'socket')], 'SCMP_ACT_ALLOW')).toEqual([]);
  expect(found(BOTH, [allow(['socket', 'socketcall'])])).toEqual([]);
  expect(found(['SCMP_ARCH_X86_64'], [allow(['socket']), refuse('socketcall')])).toEqual([]);
  expect(found(BOTH, [allow(['read'])])).toEqual([]);
});

test('the advice to close socketcall says its price', () => {
  const text = JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: BOTH,
    syscalls: [allow(['socket'], equal(0, 1))],
  });
  expect(lintProfile(text).problems.find(({ code }) => code === 'SP040')?.advice).toContain('32-bit x86 programs');
});
