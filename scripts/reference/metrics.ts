import { groups } from '../../src/metrics/metrics.ts'
import { Runtime } from '../../src/metrics/process.ts'

interface Row {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** The reference of metrics: what is exposed at /metrics, in the words in which it is exposed. */
export async function metricsPage(): Promise<string> {
  const sections = Object.entries(groups).map(([title, families]) => section(title, Object.values(families)))
  return `# Metrics

What stands at \`/metrics\`; [how to watch Postern](../metrics.md) says what to do with it. A histogram \`x\` is \`x_bucket\`
(with the label \`le\`), \`x_sum\` and \`x_count\`. This page is written by \`npm run reference\`.

${sections.join('\n')}
${section('The process', await new Runtime().json())}`
}

function section(title: string, rows: readonly Row[]): string {
  const lines = rows.map(({ name, type, labels = [], help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`)
  return `## ${title}

| Metric | Type | Labels | Meaning |
|---|---|---|---|
${lines.join('\n')}
`
}
