import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Message } from '../mail/message.ts'
import { syncFolder, writeDurably } from './durable-file.ts'

/** Readable for the group too: whoever lets people read their mail is seldom the user that the gateway runs as. */
const fileMode = 0o660

/** The three folders that make a folder a Maildir. */
export const maildirFolders = ['tmp', 'new', 'cur'] as const

/**
 * Puts a message into a Maildir, where it is complete and on the disk once this returns. Line ends stay CRLF as they
 * came: readers take both (Dovecot writes such files itself with `mail_save_crlf`), and what is not changed stays
 * identical, byte for byte, to what was judged and signed.
 */
export async function deliverToMaildir(folder: string, message: Message): Promise<void> {
  const name = uniqueName()
  const temporary = join(folder, 'tmp', name)
  try {
    await writeDurably({ path: temporary, content: message.chunks(), mode: fileMode })
    await rename(temporary, join(folder, 'new', name))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // the first error is the one that tells what is wrong
    throw error
  }
  await syncFolder(join(folder, 'new'))
}

/** Makes a folder a Maildir, if it is there. */
export async function makeMaildir(folder: string): Promise<void> {
  for (const part of maildirFolders) {
    await mkdir(join(folder, part), { mode: 0o770 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

// Two containers can have the same host name and the same process ids: the random part tells them apart.
const perProcess = `P${process.pid}R${randomBytes(4).toString('hex')}`
const host = hostname().replaceAll('/', '\\057').replaceAll(':', '\\072')
let counter = 0

/** A name that no other delivery to any Maildir has: time, then process, random and counter, then host. */
function uniqueName(): string {
  return `${Math.floor(Date.now() / 1000)}.${perProcess}Q${++counter}.${host}`
}
