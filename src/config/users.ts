import { join } from 'node:path'
import type { Authenticator } from '../accounts/account.ts'
import { AccountsOnDisk } from '../accounts/accounts-on-disk.ts'
import { Dovecot } from '../accounts/dovecot.ts'
import { prepareName } from '../accounts/prepare.ts'
import { Throttle } from '../accounts/throttle.ts'
import { Users } from '../accounts/users.ts'
import { partOf, type Store } from '../engine/store.ts'
import type { Log } from '../report/log.ts'
import { problemAt } from './issues.ts'
import type { Configuration } from './load.ts'
import type { Checked } from './problem.ts'
import type { Settings } from './schema.ts'
import { ServerBehind } from './server-behind.ts'

interface Surroundings {
  readonly store: Store
  readonly log: Log
}

/** Opens what is asked for passwords, when there is a listener for our users. */
export async function openUsers(configuration: Configuration, { store, log }: Surroundings): Promise<Checked<Users | undefined>> {
  const { listen, submission, document } = configuration
  if (!listen.some(({ as }) => as === 'submission')) return { value: undefined }
  try {
    const authenticator = await openAuthenticator(configuration, log)
    const throttle = new Throttle(partOf(store, 'authentication'), submission.throttle)
    const addresses = new Map(Object.entries(submission.addresses).map(([name, list]) => [prepareName(name) ?? name, list]))
    return { value: new Users({ authenticator, throttle, addresses }) }
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return { problems: [problemAt(document, ['submission', 'accounts'], 'accounts that we can read', found)] }
  }
}

async function openAuthenticator(configuration: Configuration, log: Log): Promise<Authenticator> {
  const { dovecot, server, verify } = configuration.submission.accounts
  if (dovecot) return new Dovecot(dovecot)
  if (server) return new ServerBehind({ server, verify }, configuration.hostname)
  const onTrouble = (why: string) => log.error({ why }, 'the new accounts cannot be read, the old ones stay in use')
  return AccountsOnDisk.open(accountsFile(configuration) ?? '', onTrouble)
}

/** The file of accounts; undefined when somebody else is asked for passwords. */
export function accountsFile({ data, submission: { accounts } }: Pick<Settings, 'data' | 'submission'>): string | undefined {
  return accounts.dovecot || accounts.server ? undefined : (accounts.file ?? join(data, 'accounts'))
}
