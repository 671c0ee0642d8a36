/** A column: its head, and what stands below it. */
export interface Column<Row> {
  readonly head: string
  of(row: Row): string
}

/** A table in Markdown that can be read as it is, too: the first column on the left, all others on the right. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(({ head }) => head), ...rows.map(row => columns.map(column => column.of(row)))]
  const widths = columns.map((_, at) => Math.max(3, ...cells.map(line => line[at]?.length ?? 0)))
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`
  const padded = cells.map(texts =>
    line(texts.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))),
  )
  const rule = line(widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)))
  return [padded[0], rule, ...padded.slice(1)].join('\n')
}
