import type { Reply } from '../mail/reply.ts'

/** What a client hears when the disk does not do what it should: it may come again. */
export function diskReply(error: unknown): Reply {
  const full = { code: 452, status: '4.3.1', text: 'There is no room for the message at the moment, please try again later' }
  const broken = { code: 451, status: '4.3.0', text: 'The message could not be stored, please try again later' }
  return { ...(isFull(error) ? full : broken), detail: String(error) }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
