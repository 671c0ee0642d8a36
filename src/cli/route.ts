import type { Command } from 'commander'
import { openResolver } from '../config/gateway.ts'
import type { Configuration } from '../config/load.ts'
import { openOutbound } from '../config/open-outbound.ts'
import { type Address, formatAddress, parseAddress } from '../mail/address.ts'
import { domainPattern } from '../mail/domain.ts'
import { DomainList } from '../mail/domain-list.ts'
import { accountOf, isOpen, type RouteAccount } from '../mx/route-account.ts'
import { dryStore } from '../report/dry-store.ts'
import { alignRows } from '../report/table.ts'
import { visible, visibleJson } from '../report/visible.ts'
import { cached } from '../world/cache.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { openMemory } from './open-rehearsal.ts'
import { complain, configOption, readConfiguration } from './startup.ts'

interface Options {
  readonly config?: string
  readonly from?: string
  readonly json?: true
}

/** Mail for a domain of ours, which goes to the server behind us, or a route to strangers. */
type Account = RouteAccount | { readonly by: 'relay'; readonly to: string }

/** `postern route`: where mail for an address would go, and why. */
export function addRoute(program: Command): void {
  program
    .command('route')
    .description('Tell where mail for an address would go, by which servers, how encrypted, and why. Nothing is sent.')
    .argument('<address>', 'the recipient')
    .option('--from <address>', 'the sender: routes may depend on it')
    .option(...configOption)
    .option('--json', 'print JSON')
    .action(async (address: string, options: Options) => {
      process.exitCode = await route(address, options)
    })
}

async function route(text: string, { config, from, json }: Options): Promise<ExitCode> {
  const checked = await readConfiguration(config)
  const [recipient, sender] = [parseAddress(text), from === undefined ? null : parseAddress(from)]
  if ('problems' in checked) complain(checked.problems)
  else if (!recipient) process.stderr.write(`expected an address such as bob@example.net, found ${visible(text)}\n`)
  else if (sender === undefined) process.stderr.write(`expected an address behind --from, found ${visible(from ?? '')}\n`)
  else {
    const account = relayed(recipient, checked.value) ?? (await outward(recipient, sender, checked.value))
    const address = formatAddress(recipient)
    process.stdout.write(json ? `${visibleJson({ address, ...account }, 2)}\n` : `${formatAccount(address, account)}\n`)
    return account.by === 'relay' || isOpen(account) ? exitCodes.ok : exitCodes.failed
  }
  return exitCodes.usage
}

function relayed({ domain }: Address, { relay }: Configuration): Account | undefined {
  const byPattern = new Map(Object.entries(relay).map(([key, { to }]) => [domainPattern(key) ?? key, to.text]))
  const to = byPattern.get(new DomainList(byPattern.keys()).find(domain) ?? '')
  return to === undefined ? undefined : { by: 'relay', to }
}

async function outward(recipient: Address, sender: Address | null, configuration: Configuration): Promise<Account> {
  const memory = openMemory(configuration)
  const store = dryStore(memory.store, () => new Date())
  const { outbound, close } = openOutbound(configuration, { dns: cached(await openResolver(configuration)), store })
  try {
    return await accountOf(outbound, { recipient, sender })
  } finally {
    close()
    memory.close()
  }
}

function formatAccount(address: string, account: Account): string {
  if (account.by === 'relay') return `${visible(address)} is ours: it goes to ${visible(account.to)}, as relay says`
  if (account.by === 'configuration') return `${visible(address)} goes to ${visible(account.to)}, as outbound says`
  if (account.by === 'nobody') return `${visible(address)} cannot be delivered: ${formatReply(account.reply)}`
  const servers = account.isImplicit ? 'its own server, since it names none' : 'its servers (MX)'
  const rows = account.hosts.map(({ preference, name, addresses, trouble, tls, why }) => [
    `  ${preference}`,
    name,
    addresses.join(' ') || (trouble ?? 'no address'),
    `${words[tls]}; ${why}`,
  ])
  const { mtaSts } = account
  return [
    `${visible(address)} goes to ${servers}, run by ${account.provider}; DNS ${account.secure ? 'signed' : 'not signed'}`,
    ...alignRows(rows).map(visible),
    ...(mtaSts ? [visible(`MTA-STS: ${mtaSts.mode}, ${mtaSts.mx.join(' ') || 'no servers'}`)] : []),
  ].join('\n')
}

const words = { required: 'TLS or no mail', opportunistic: 'TLS if possible', refused: 'not spoken with' } as const

function formatReply({ code, status, text, detail }: Extract<RouteAccount, { by: 'nobody' }>['reply']): string {
  return visible(`${code} ${status} ${text}${detail === undefined ? '' : ` (${detail})`}`)
}
