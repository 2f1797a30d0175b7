import type { Colour, Paint } from '../../system/terminal/colour.js';
import { printable } from '../../system/terminal/printable.js';

/** A cell: its text, and the colour it has on a terminal. */
export type TableCell = string | { readonly text: string; readonly colour: Colour };

/** Rows under upper-case column heads, columns as wide as they need to be, the last one open. Ends with a newline. */
export function table(columns: readonly string[], rows: readonly (readonly TableCell[])[], paint: Paint): string {
  const texts = rows.map((row) => columns.map((_, column) => printable(textOf(row[column]))));
  const widths = columns.map((name, column) =>
    texts.reduce((width, row) => Math.max(width, widthOf(row[column] ?? '')), name.length),
  );
  const lines = [
    line(
      columns,
      columns.map((name) => ({ text: name, colour: 'bold' }) as const),
      widths,
      paint,
    ),
  ];
  for (const [index, row] of rows.entries()) lines.push(line(texts[index] ?? [], row, widths, paint));
  return lines.join('');
}

function line(texts: readonly string[], cells: readonly TableCell[], widths: readonly number[], paint: Paint): string {
  const last = texts.length - 1;
  let text = '';
  for (const [column, cellText] of texts.entries()) {
    const cell = cells[column];
    const padding = column === last ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(cellText) + 2);
    text += (typeof cell === 'object' ? paint(cell.colour, cellText) : cellText) + padding;
  }
  return `${text.trimEnd()}\n`;
}

function textOf(cell: TableCell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}

/** Columns on a terminal, near enough: what is wide in East Asian scripts takes two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/u.test(
        character,
      )
        ? 2
        : 1;
  return width;
}
