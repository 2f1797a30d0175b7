import { wantsColour } from '../../../src/system/terminal/colour.js';

test.each([
  [true, {}, true],
  [false, {}, false],
  [undefined, {}, false],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1', TERM: 'dumb' }, true],
  [true, { FORCE_COLOR: '0' }, false],
])('a terminal: %s, variables %j: coloured %s', (isTTY, environment, expected) => {
  expect(wantsColour(isTTY === undefined ? {} : { isTTY }, environment)).toBe(expected);
});
