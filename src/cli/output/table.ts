import { columnPadding } from '../../core/text/columns.js';
import type { Colour, Paint } from '../../system/terminal/colour.js';
import { printable } from '../../system/terminal/printable.js';

/** A cell: its text, and the colour it has on a terminal. */
export type TableCell = string | { readonly text: string; readonly colour: Colour };

/** Rows under upper-case column heads, columns as wide as they need to be, the last one open. Ends with a newline. */
export function table(columns: readonly string[], rows: readonly (readonly TableCell[])[], paint: Paint): string {
  const cells = [columns.map((text) => ({ text, colour: 'bold' }) as const), ...rows];
  const texts = cells.map((row) => columns.map((_, column) => printable(textOf(row[column]))));
  const padding = columnPadding(texts);
  return texts
    .map((row, index) => {
      const painted = row.map((text, column) => {
        const cell = cells[index]?.[column];
        return `${typeof cell === 'object' ? paint(cell.colour, text) : text}${' '.repeat(padding[index]?.[column] ?? 0)}`;
      });
      return `${painted.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function textOf(cell: TableCell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}
