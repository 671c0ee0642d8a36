import { mkdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Delivery, Transaction, Transport } from '../engine/transport.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { ok, type Reply, recipientOk } from '../mail/reply.ts'
import { diskReply } from './disk-reply.ts'
import { hasPlaceholder, mailboxPaths } from './mailbox-path.ts'
import { deliverToMaildir, maildirFolders, makeMaildir } from './maildir.ts'
import { PrefixedMessage } from './prefixed-message.ts'
import { returnPath } from './return-path.ts'

/**
 * Delivery into Maildirs. With `{local}` or `{domain}` in the path, a folder that exists is a mailbox that exists, and
 * none is ever made. A path without them is one mailbox for everybody, made at the start.
 */
export class MaildirTransport implements Transport {
  readonly name: string
  readonly #template: string

  constructor(path: string) {
    this.name = `maildir:${path}`
    this.#template = resolve(path)
    if (!hasPlaceholder(path))
      for (const part of maildirFolders) mkdirSync(join(this.#template, part), { recursive: true, mode: 0o770 })
  }

  begin({ sender }: Transaction): Delivery {
    return new MaildirDelivery(this.#template, sender)
  }

  /** There is nothing to close. */
  close(): void {}
}

const unknown: Reply = { code: 550, status: '5.1.1', text: 'There is no such mailbox here' }

class MaildirDelivery implements Delivery {
  readonly #template: string
  readonly #sender: Address | null

  constructor(template: string, sender: Address | null) {
    this.#template = template
    this.#sender = sender
  }

  async ask(recipient: Address): Promise<Reply> {
    try {
      return (await this.#folderOf(recipient)) === undefined ? unknown : recipientOk
    } catch (error) {
      return diskReply(error)
    }
  }

  /** One after the other: the disk is the same for all of them. Spellings of one mailbox get one copy. */
  async send(recipients: readonly Address[], message: Message): Promise<ReadonlyMap<Address, Reply>> {
    const replies = new Map<Address, Reply>()
    const byFolder = new Map<string, Reply>()
    for (const recipient of recipients) replies.set(recipient, await this.#deliverOnce(recipient, message, byFolder))
    return replies
  }

  end(): void {}

  async #deliverOnce(recipient: Address, message: Message, byFolder: Map<string, Reply>): Promise<Reply> {
    try {
      const folder = await this.#folderOf(recipient)
      if (folder === undefined) return unknown
      const reply = byFolder.get(folder) ?? (await this.#deliver(folder, recipient, message))
      if (hasPlaceholder(this.#template)) byFolder.set(folder, reply)
      return reply
    } catch (error) {
      return diskReply(error)
    }
  }

  async #deliver(folder: string, recipient: Address, message: Message): Promise<Reply> {
    try {
      await makeMaildir(folder)
      // RFC 5321, 4.4 and RFC 9228: this is the end of the mail's way, and the mailbox it was for.
      const block = `${returnPath(this.#sender)}Delivered-To: ${formatAddress(recipient)}\r\n`
      await deliverToMaildir(folder, new PrefixedMessage(block, message))
      return ok
    } catch (error) {
      return diskReply(error)
    }
  }

  async #folderOf(recipient: Address): Promise<string | undefined> {
    if (!hasPlaceholder(this.#template)) return this.#template
    for (const path of mailboxPaths(this.#template, recipient)) if (await isFolder(path)) return path
    return undefined
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return false
    throw error
  }
}
