import type { Link } from './link.ts'
import type { Credentials } from './next-hop.ts'
import { type Answer, describe, isPositive, isTrouble, type Trouble } from './server-reply.ts'

/** Says who we are by AUTH PLAIN, or LOGIN where there is nothing else (RFC 4954, RFC 4616). Never in clear. */
export async function authenticate(link: Link, credentials: Credentials): Promise<Trouble | undefined> {
  return outcome(await sayWho(link, credentials))
}

/** The same, with the server's own answer. */
export async function sayWho(link: Link, credentials: Credentials): Promise<Answer> {
  if (!link.isSecure) return refused('the connection is not encrypted, so no password is sent')
  const { auth } = link.extensions
  if (auth.has('PLAIN')) return plain(link, credentials)
  if (auth.has('LOGIN')) return login(link, credentials)
  return refused(`it offers neither PLAIN nor LOGIN, but ${[...auth].join(', ') || 'nothing'}`)
}

function plain(link: Link, { user, password }: Credentials): Promise<Answer> {
  return say(link, `AUTH PLAIN ${base64(`\0${user}\0${password}`)}`)
}

async function login(link: Link, { user, password }: Credentials): Promise<Answer> {
  let answer = await say(link, 'AUTH LOGIN')
  for (const secret of [user, password]) {
    if (isTrouble(answer) || answer.code !== 334) return answer
    answer = await say(link, base64(secret))
  }
  return answer
}

function say({ connection, hop }: Link, line: string): Promise<Answer> {
  return connection.command(line, hop.timeouts.commandMs, 'AUTH')
}

function outcome(answer: Answer): Trouble | undefined {
  if (isTrouble(answer)) return answer
  return isPositive(answer) ? undefined : refused(describe(answer))
}

function refused(why: string): Trouble {
  return { trouble: 'identity', detail: `AUTH: ${why}` }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
