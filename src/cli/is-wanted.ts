import { createInterface } from 'node:readline/promises'

/** Asks the person at the terminal; nobody means no. */
export async function isWanted(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    process.stderr.write('Nothing is written: nobody is there to be asked; --yes writes it\n')
    return false
  }
  const dialogue = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(?:es)?$/i.test((await dialogue.question('Write it? [y/N] ')).trim())
  } catch {
    return false // control-D, or control-C
  } finally {
    dialogue.close()
  }
}
