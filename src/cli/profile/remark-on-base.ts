import type { Profile } from '../../core/profile/model.js';
import { stderrPaint } from '../output/write.js';

/** Says on standard error that the rules of the profile's base (`baseProfileName`) are missing in what follows. */
export function remarkOnBase(name: string, { baseProfileName }: Profile): void {
  if (baseProfileName === undefined) return;
  process.stderr.write(
    `${stderrPaint()('yellow', 'warning')}: ${name} stands on the base profile ${baseProfileName}, whose rules are not in this document: ` +
      'what it lets through is missing here. Merge the two (seccomply profile merge --union) and ask about the result.\n',
  );
}
