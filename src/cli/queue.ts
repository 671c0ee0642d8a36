import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { queueFolder } from '../config/open-queue.ts'
import { openSqliteQueue } from '../queue/sqlite/sqlite-queue.ts'
import type { Changed, Entry, EntryState, Filter, QueueStore } from '../queue/store.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options {
  readonly config?: string
  readonly json?: true
  readonly sender?: string
  readonly recipient?: string
  readonly state?: string
  readonly all?: true
  readonly yes?: true
}

const states: readonly EntryState[] = ['waiting', 'delivering', 'held']

/** `postern queue …`: what waits to be delivered, also while the gateway runs. */
export function addQueue(program: Command): void {
  const queue = program.command('queue').description('What waits to be delivered.')
  filtered(queue.command('list').description('List the recipients whose mail waits, oldest first.')).action(options =>
    run(options, store => list(store, filterOf([], options), options)),
  )
  queue
    .command('show')
    .description('Show one message: its recipients, why they wait, and its header.')
    .argument('<id>', 'the id of the message')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action((id: string, options: Options) => run(options, store => show(store, id, options)))
  const descriptions = {
    retry: 'Try again now, what is held too.',
    hold: 'Keep from being delivered, until it is tried again by hand.',
    delete: 'Delete for good, without telling the sender.',
  } as const
  for (const what of ['retry', 'hold', 'delete'] as const) {
    const command = queue.command(what).description(descriptions[what]).argument('[id...]', 'the ids of messages')
    if (what === 'delete') command.option('--yes', 'do not ask')
    filtered(command)
      .option('--all', 'whatever waits')
      .action((ids: string[], options: Options) => run(options, store => change(store, what, ids, options)))
  }
}

function filtered(command: Command): Command {
  return command
    .option('--sender <address>', 'only from this address, or this domain')
    .option('--recipient <address>', 'only to this address, or this domain')
    .option('--state <state>', `only what is ${states.join(', ')}`)
    .option('--json', 'print JSON')
    .option(...configOption)
}

/** Opens the queue of the configuration, and sets the exit code. */
async function run(options: Options, work: (store: QueueStore) => Promise<ExitCode>): Promise<void> {
  process.exitCode = await withQueue(options, work)
}

async function withQueue({ config, state }: Options, work: (store: QueueStore) => Promise<ExitCode>): Promise<ExitCode> {
  if (state !== undefined && !states.some(known => known === state)) {
    process.stderr.write(`--state: expected ${states.join(', ')}, found ${visible(JSON.stringify(state))}\n`)
    return exitCodes.usage
  }
  const checked = await readConfiguration(config)
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.usage
  }
  const folder = queueFolder(checked.value.data)
  if (!existsSync(folder)) {
    process.stderr.write(`There is no queue: ${visible(folder)} does not exist\n`)
    return exitCodes.failed
  }
  try {
    const store = await openSqliteQueue(folder)
    return await work(store).finally(() => store.close())
  } catch (error) {
    process.stderr.write(`${visible(error instanceof Error ? error.message : String(error))}\n`)
    return exitCodes.failed
  }
}

function filterOf(ids: readonly string[], { sender, recipient, state }: Options): Filter {
  return {
    ...(ids.length > 0 && { ids }),
    ...(sender !== undefined && { sender }),
    ...(recipient !== undefined && { recipient }),
    ...(state !== undefined && { state: state as EntryState }), // checked at the start
  }
}

async function list(store: QueueStore, filter: Filter, { json }: Options): Promise<ExitCode> {
  const entries = await store.list(filter)
  if (json) process.stdout.write(`${visibleJson(entries, 2)}\n`)
  else process.stdout.write(entries.length === 0 ? 'Nothing waits.\n' : entries.map(row).join(''))
  return exitCodes.ok
}

function row(entry: Entry): string {
  const { id, sender, recipient, state, attempts, created, next, reply, avoided } = entry
  const when = next === undefined ? state : `${state}, next ${next}`
  const why = reply ?? avoided
  return (
    visible(`${id}  ${created}  ${sender || '<>'} -> ${recipient}  ${when}, tried ${attempts}`) +
    (why ? `\n    ${visible(why)}\n` : '\n')
  )
}

async function show(store: QueueStore, id: string, { json }: Options): Promise<ExitCode> {
  const entries = await store.list({ ids: [id] })
  const message = await store.content(id)
  if (entries.length === 0 || !message) {
    process.stderr.write(`There is no message ${visible(id)} in the queue\n`)
    return exitCodes.failed
  }
  const header = message.fields.map(({ name, value }) => ({ name, value }))
  if (json) process.stdout.write(`${visibleJson({ recipients: entries, header }, 2)}\n`)
  else
    process.stdout.write(
      [...entries.map(detailed), '\n', ...header.map(({ name, value }) => `${visible(`${name}: ${value}`)}\n`)].join(''),
    )
  return exitCodes.ok
}

function detailed(entry: Entry): string {
  const { detail, avoided, expires, size } = entry
  const more = [
    detail && `    ${detail}`,
    avoided && `    its domain rests: ${avoided}`,
    `    ${size} bytes, given up ${expires}`,
  ]
  return row(entry) + more.flatMap(line => (line ? [`${visible(line)}\n`] : [])).join('')
}

async function change(
  store: QueueStore,
  what: 'retry' | 'hold' | 'delete',
  ids: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const filter = filterOf(ids, options)
  if (Object.keys(filter).length === 0 && !options.all) {
    process.stderr.write('Which messages? Name their ids, --sender, --recipient or --state, or say --all\n')
    return exitCodes.usage
  }
  if (what === 'delete' && !options.yes && !(await isSure(store, filter))) {
    process.stderr.write('Nothing is deleted\n')
    return exitCodes.failed
  }
  const changed = await store.change({ what, filter })
  if (options.json) process.stdout.write(`${visibleJson(changed)}\n`)
  else process.stdout.write(told(what, changed))
  return changed.busy > 0 || changed.changed === 0 ? exitCodes.failed : exitCodes.ok
}

const done = { retry: 'tried again', hold: 'held', delete: 'deleted' } as const

function told(what: keyof typeof done, { changed, busy }: Changed): string {
  const left = busy > 0 ? `; ${busy} are being delivered at this moment, and left as they are` : ''
  return `${changed} recipients ${done[what]}${left}\n`
}

/** A person must say so: without a terminal, --yes says it. */
async function isSure(store: QueueStore, filter: Filter): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const entries = await store.list(filter)
  process.stderr.write(entries.map(row).join(''))
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`Delete these ${entries.length} for good, without telling the senders? [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
