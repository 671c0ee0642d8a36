import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { preparePassword } from '../accounts/prepare.ts'

/** A prepared password, or why there is none. */
export type Password = { readonly password: string } | { readonly trouble: string }

/** Reads a new password: twice from a terminal, unseen, or the first line of standard input. */
export async function readPassword(name: string): Promise<Password> {
  const [first, second] = process.stdin.isTTY ? await ask(name) : [await firstLine()]
  if (first === undefined) return { trouble: 'expected a password on standard input, found nothing' }
  if (second !== undefined && second !== first) return { trouble: 'the two passwords are not the same' }
  const password = preparePassword(first)
  if (password === undefined) return { trouble: 'expected a password of 1 to 1024 bytes, without control characters' }
  return { password }
}

async function ask(name: string): Promise<[string | undefined, string | undefined]> {
  // Readline writes what is typed to its output: this one shows nothing.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true })
  const next = (prompt: string) =>
    new Promise<string | undefined>(resolve => {
      process.stderr.write(prompt)
      lines.once('close', () => resolve(undefined)).question('', resolve)
    })
  const first = await next(`Password for ${name}: `)
  const second = await next('\nAgain: ')
  process.stderr.write('\n')
  lines.close()
  return [first, second ?? '']
}

async function firstLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) {
    lines.close()
    return line
  }
  return undefined
}
