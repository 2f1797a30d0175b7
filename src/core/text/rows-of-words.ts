/** The words of each line of a table that is written as text. */
export function rowsOfWords(table: string): readonly (readonly string[])[] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' '));
}
