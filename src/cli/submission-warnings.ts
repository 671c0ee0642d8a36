import { stat } from 'node:fs/promises'
import { readAccounts } from '../accounts/accounts-on-disk.ts'
import { formatEndpoint } from '../config/endpoint.ts'
import type { Configuration } from '../config/load.ts'
import { accountsFile } from '../config/users.ts'
import { parseAddress } from '../mail/address.ts'

/** What is allowed, and seldom wise, about mail of our own users and servers. */
export async function submissionWarnings(configuration: Configuration): Promise<string[]> {
  const isOpen = configuration.listen.some(({ as }) => as === 'submission')
  return [...aboutListeners(configuration), ...(isOpen ? await aboutAccounts(configuration) : []), ...aboutProxies(configuration)]
}

function aboutListeners({ listen, tls }: Configuration): string[] {
  const closed = tls ? [] : listen.filter(({ as }) => as === 'submission')
  return closed.map(
    ({ address }) => `listen: ${formatEndpoint(address)} is for submission, and takes no mail without TLS: set tls`,
  )
}

async function aboutAccounts(configuration: Configuration): Promise<string[]> {
  const file = accountsFile(configuration)
  if (file === undefined) return []
  const { entries } = await readAccounts(file)
  if (entries.size === 0) return [`submission: ${file} has no accounts, so nobody can send: postern account add NAME`]
  const { mode } = await stat(file)
  const { addresses } = configuration.submission
  const mute = [...entries.values()].filter(
    entry => entry.addresses.length === 0 && !parseAddress(entry.name) && !Object.hasOwn(addresses, entry.name),
  )
  return [
    ...(mode & 0o077 ? [`submission: ${file} can be read by others, who may guess at its passwords: chmod 600`] : []),
    ...mute.map(({ name }) => `submission: the account ${name} has no address, so it can send nothing: set submission.addresses`),
  ]
}

/** Whoever hides behind a proxy that says nothing of it would be one of ours. We do not let it, and it is a mistake all the same. */
function aboutProxies({ listen, relayFrom }: Configuration): string[] {
  const proxies = listen.flatMap(({ xclient, proxyProtocol }) => [...xclient, ...proxyProtocol])
  const both = relayFrom.filter(({ text, contains }) => {
    const [base = ''] = text.split('/')
    return proxies.some(proxy => proxy.contains(base) || contains(proxy.text.split('/')[0] ?? ''))
  })
  return both.map(({ text }) => `relayFrom: ${text} is a proxy too, which cannot send mail of its own`)
}
