import type { Command } from 'commander'
import { journalFile } from '../config/data-folder.ts'
import { JournalReader } from '../journal/journal-reader.ts'
import { countOf, type Difference } from '../replay/difference.ts'
import { formatDifference } from '../replay/difference-text.ts'
import { cutIntoSlices, type Slice } from '../replay/slices.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { compare } from './replay/compare.ts'
import { judgeCorpus } from './replay/corpus.ts'
import { type ReplayOptions, type ReplaySettings, readOptions } from './replay/options.ts'
import { complain, configOption, type Found, readWithSource } from './startup.ts'

/** `postern replay`: what other rules would have made of recorded mail. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('Judge recorded transactions again by the rules of a configuration, and tell what would change.')
    .option(...configOption)
    .option('--against <file>', 'compare with what this configuration would have said, instead of what was recorded')
    .option('--journal <file>', 'the journal to read; else the one of the configuration')
    .option('--since <time>', 'from when on: 30d, 12h, or 2026-11-24T08:00:00Z; else from the beginning')
    .option('--until <time>', 'up to when')
    .option('--warm-up <time>', 'how much of what came before only fills the memory of the rules', '7d')
    .option('--limit <samples>', 'how many samples of each change are shown', '5')
    .option('--threads <number>', 'how many threads; else one for each core')
    .option(
      '--fail-on <classes>',
      'exit with 1 if there is any of these: newly-refused-aligned,newly-quarantined-known,undecided',
    )
    .option('--eml <folder>', 'judge messages of a folder instead, which its sessions.jsonl lists, with facts that are looked up')
    .option('--record <file>', 'with --eml: write the transactions into this journal, to be judged again without a lookup')
    .option('--json', 'print JSON')
    .action(async (options: ReplayOptions) => {
      process.exitCode = await replay(options)
    })
}

async function replay(options: ReplayOptions): Promise<ExitCode> {
  const settings = readOptions(options, new Date())
  if (typeof settings === 'string') return refuse(settings)
  const rules = await readWithSource(options.config)
  const against = options.against === undefined ? undefined : await readWithSource(options.against)
  const problems = [rules, against].flatMap(read => (read && 'problems' in read ? read.problems : []))
  if ('problems' in rules || (against && 'problems' in against)) {
    complain(problems)
    return exitCodes.usage
  }
  if (options.eml !== undefined) return judgeCorpus(rules.value, corpusOf(options.eml, options))
  const journal = options.journal ?? journalFile(rules.value.configuration.data)
  const span = findSpan(journal, settings)
  if (typeof span === 'string') return refuse(span)
  const { threads, samples } = settings
  const sides = { rules: rules.value, ...(against && { against: against.value }) }
  const difference = await compare({ journal, slices: span.slices, threads, samples, ...sides })
  tell(difference, { span, isJson: options.json === true, ...sides })
  return settings.failOn.some(name => countOf(difference, name) > 0) ? exitCodes.failed : exitCodes.ok
}

function corpusOf(folder: string, { record, json }: ReplayOptions) {
  return { folder, ...(record !== undefined && { record }), isJson: json === true }
}

function refuse(why: string): ExitCode {
  process.stderr.write(`${visible(why)}\n`)
  return exitCodes.usage
}

interface ReplayedSpan {
  readonly since: Date
  readonly until: Date
  readonly slices: readonly Slice[]
  /** Transactions before the window that only filled the memory of the rules. */
  readonly warmedUpBy: number
}

/** The time that is judged, as far as there is a journal of it; or what is wrong. */
function findSpan(file: string, { since, until, warmUpMs }: ReplaySettings): ReplayedSpan | string {
  try {
    const reader = new JournalReader(file)
    try {
      const window = { ...(since && { since }), until }
      const [first] = reader.entries(window)
      const [last] = reader.latest(window, 1)
      if (!first || !last) return `${file}: expected transactions to judge, found none in this time`
      const begins = since ?? new Date(first.trace.started)
      const ends = new Date(Date.parse(last.trace.started) + 1)
      const warmedUpBy = since ? reader.count({ since: new Date(begins.getTime() - warmUpMs), until: begins }) : 0
      const slices = cutIntoSlices({ since: begins, until: ends }, since ? warmUpMs : 0)
      return { since: begins, until: ends, slices, warmedUpBy }
    } finally {
      reader.close()
    }
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : String(error)}`
  }
}

interface Told {
  readonly span: ReplayedSpan
  readonly rules: Found
  readonly against?: Found
  readonly isJson: boolean
}

function tell(difference: Difference, { span: { since, until, warmedUpBy }, rules, against, isJson }: Told): void {
  if (isJson) {
    process.stdout.write(`${visibleJson({ since, until, warmedUpBy, ...difference }, 2)}\n`)
    return
  }
  const [from, to] = [since, until].map(moment => moment.toISOString().slice(0, 19))
  const compared = against ? `what ${against.source.file} would have said` : 'what was recorded'
  const lines = [
    `${from} to ${to}: ${rules.source.file}, compared with ${compared}`,
    warmedUpBy > 0
      ? `rules remember ${warmedUpBy} transactions from before`
      : 'rules remember nothing from before: whom they knew then is new to them',
    ...(rules.configuration.mode === 'observe'
      ? ['in observe mode all mail is relayed: this is what would happen otherwise']
      : []),
  ]
  process.stdout.write(`${visible(lines[0] ?? '')}\n${lines.slice(1).join('\n')}\n\n${formatDifference(difference)}`)
}
