import { styleText } from 'node:util';

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold';

/** Whether to colour what goes to this stream: on a terminal only, and not where NO_COLOR is set; FORCE_COLOR asks for it anyway. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((environment.NO_COLOR ?? '') !== '') return false;
  if ((environment.FORCE_COLOR ?? '') !== '') return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

export type Paint = (colour: Colour, text: string) => string;

/** Colours text, or leaves it as it is. */
export function painter(coloured: boolean): Paint {
  return coloured
    ? (colour, text) => (text === '' ? '' : styleText(colour, text, { validateStream: false }))
    : (_, text) => text;
}
