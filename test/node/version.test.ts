import { execFileSync } from 'node:child_process';
import { node, runProgram } from '../support/program.js';
import { itNeeds } from '../support/require.js';
import { otherNode } from './use-other-node.js';

const itNeedsNode = itNeeds(otherNode.missing === undefined, otherNode.missing ?? '');

itNeedsNode(`the program runs on Node ${otherNode.major}`, async () => {
  expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(new RegExp(`^v${otherNode.major}\\.`));
  expect(await runProgram(['profile', 'lint', 'profiles/web-static.json'])).toMatchObject({ code: 0, stderr: '' });
});
