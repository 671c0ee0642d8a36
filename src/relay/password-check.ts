import type { Session } from '../mail/session.ts'
import { sayWho } from './authenticate.ts'
import type { Credentials, NextHop } from './next-hop.ts'
import { openLink } from './open-link.ts'
import { describe, isTrouble } from './server-reply.ts'

/** Whether a password is right, or why a server could not say so. */
export type PasswordCheck = 'right' | 'wrong' | { readonly trouble: string }

/** Asks a mail server whose password it is, by authenticating with it in our user's name, and says no more than that. */
export async function checkPassword(hop: NextHop, credentials: Credentials, session: Session): Promise<PasswordCheck> {
  const link = await openLink(hop, { inClear: false, session })
  if (isTrouble(link)) return { trouble: `${hop.name}: ${link.detail}` }
  const answer = await sayWho(link, credentials)
  link.connection.quit()
  if (isTrouble(answer)) return { trouble: `${hop.name}: ${answer.detail}` }
  if (answer.code < 300) return 'right'
  // RFC 4954, 6: 535 is about the password; not all servers know it.
  return [501, 535, 550, 553, 554].includes(answer.code) ? 'wrong' : { trouble: `${hop.name}: ${describe(answer)}` }
}
