/** How many spaces each cell needs behind it, so that every column but the last is as wide as its widest cell. */
export function columnPadding(rows: readonly (readonly string[])[]): readonly (readonly number[])[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? 0 : (widths[column] ?? 0) - widthOf(cell))),
  );
}

/** Columns on a terminal, near enough: what is wide in East Asian scripts takes two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += isWide.test(character) ? 2 : 1;
  return width;
}

const isWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/u;
