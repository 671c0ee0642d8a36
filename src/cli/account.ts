import type { Command } from 'commander'
import { readAccounts } from '../accounts/accounts-on-disk.ts'
import { accountWith, type Edit, editAccounts } from '../accounts/edit-accounts.ts'
import { prepareName } from '../accounts/prepare.ts'
import { accountsFile } from '../config/users.ts'
import { type AddressPattern, formatAddressPattern, parseAddressPattern } from '../mail/address-pattern.ts'
import { alignRows } from '../report/table.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { addAccountRelease } from './account-release.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { readPassword } from './read-password.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options {
  readonly config?: string
  readonly address?: readonly string[]
  readonly json?: true
}

/** `postern account`: who may send through us. A password is read from the terminal or standard input, never from the command line. */
export function addAccount(program: Command): void {
  const account = program.command('account').description('The accounts that may send through us.')
  account
    .command('add')
    .description('Add an account; its password is read from the terminal, or is the first line of standard input.')
    .argument('<name>', 'the name that it authenticates with, best its address')
    .option('--address <address...>', 'what it may send as besides: alice@example.org, *@example.org')
    .option(...configOption)
    .action((name: string, options: Options) => act(options, file => add(file, name, options.address ?? [])))
  account
    .command('password')
    .description('Give an account another password.')
    .argument('<name>', 'the account')
    .option(...configOption)
    .action((name: string, options: Options) => act(options, file => change(file, name)))
  account
    .command('remove')
    .description('Remove an account.')
    .argument('<name>', 'the account')
    .option(...configOption)
    .action((name: string, options: Options) => act(options, file => remove(file, name)))
  account
    .command('list')
    .description('List the accounts and the addresses that they may use besides their name.')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action((options: Options) => act(options, file => list(file, options.json ?? false)))
  addAccountRelease(account)
}

/** Does something to the file of accounts; what it answers with is why that was not done. */
async function act(options: Options, work: (file: string) => Promise<string | undefined>): Promise<void> {
  process.exitCode = await attempt(options, work)
}

async function attempt({ config }: Options, work: (file: string) => Promise<string | undefined>): Promise<ExitCode> {
  const checked = await readConfiguration(config)
  if ('problems' in checked) {
    complain(checked.problems)
    return exitCodes.usage
  }
  const file = accountsFile(checked.value)
  if (file === undefined) return fail('submission.accounts: the passwords are not in a file of ours, but asked of somebody else')
  try {
    const trouble = await work(file)
    return trouble === undefined ? exitCodes.ok : fail(trouble)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function fail(why: string): ExitCode {
  process.stderr.write(`${visible(why)}\n`)
  return exitCodes.failed
}

async function add(file: string, given: string, addresses: readonly string[]): Promise<string | undefined> {
  const name = prepareName(given)
  if (name === undefined || name.startsWith('#') || name.startsWith('%')) return badName(given)
  const patterns: AddressPattern[] = []
  for (const text of addresses) {
    const pattern = parseAddressPattern(text)
    if (!pattern) return `--address: expected an address, or all of a domain such as *@example.org, found "${text}"`
    patterns.push(pattern)
  }
  if ((await readAccounts(file)).entries.has(name)) return `${name}: there is such an account already`
  const password = await readPassword(name)
  if ('trouble' in password) return password.trouble
  return editAccounts(file, async entries => void entries.set(name, await accountWith(name, password.password, patterns)))
}

async function change(file: string, given: string): Promise<string | undefined> {
  const name = prepareName(given) ?? ''
  if (!(await readAccounts(file)).entries.has(name)) return noSuch(given)
  const password = await readPassword(name)
  if ('trouble' in password) return password.trouble
  const edit: Edit = async entries => {
    const former = entries.get(name)
    if (!former) return noSuch(given)
    entries.set(name, await accountWith(name, password.password, former.addresses))
    return undefined
  }
  return editAccounts(file, edit)
}

function remove(file: string, given: string): Promise<string | undefined> {
  return editAccounts(file, entries => (entries.delete(prepareName(given) ?? '') ? undefined : noSuch(given)))
}

async function list(file: string, json: boolean): Promise<string | undefined> {
  const { entries } = await readAccounts(file)
  const accounts = [...entries.values()].map(({ name, addresses, keys }) => ({
    name,
    addresses: addresses.map(formatAddressPattern),
    scram: keys !== undefined,
  }))
  const lines = alignRows(accounts.map(({ name, addresses }) => [name, addresses.join(' ')]))
  process.stdout.write(json ? `${visibleJson(accounts, 2)}\n` : lines.map(line => `${visible(line)}\n`).join(''))
  return undefined
}

function badName(given: string): string {
  return `expected the name of an account, without spaces, found "${given}"`
}

function noSuch(given: string): string {
  return `${given}: there is no such account`
}
