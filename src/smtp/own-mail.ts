import { type Account, mayUse } from '../accounts/account.ts'
import { type Address, formatAddress } from '../mail/address.ts'
import { formatAddressPattern } from '../mail/address-pattern.ts'
import { parseAuthors } from '../mail/author.ts'
import type { Message } from '../mail/message.ts'
import type { Reply } from '../mail/reply.ts'

/** So many addresses are told to whoever has used another. */
const mostTold = 5

/** Why an account may not send in this name; undefined when it may. Receipts and notices of absence have no sender. */
export function refuseSender(account: Account, sender: Address | null): Reply | undefined {
  if (sender === null || mayUse(account, sender)) return undefined
  return { code: 553, status: '5.7.1', text: `You may not send as ${formatAddress(sender)}, only as ${allowed(account)}` }
}

/** Why a message of this account may not be sent: whoever reads it would take somebody else for its author. */
export function refuseAuthors(account: Account, message: Message): Reply | undefined {
  const from = message.fields.filter(({ name }) => name === 'from')
  if (from.length !== 1) return { ...unclear, text: `Message needs one From field, found ${from.length}` }
  const { addresses, isAmbiguous } = parseAuthors(from[0]?.value ?? '')
  if (addresses.length === 0 || isAmbiguous) return { ...unclear, text: 'The From field must say clearly whose address it is' }
  const stranger = addresses.find(address => !mayUse(account, address))
  if (!stranger) return undefined
  const text = `The From field names ${formatAddress(stranger)}, and you may only write as ${allowed(account)}`
  return { code: 550, status: '5.7.1', text }
}

const unclear = { code: 550, status: '5.6.0' } as const

function allowed({ addresses }: Account): string {
  if (addresses.length === 0) return 'nobody: your account has no address'
  const told = addresses.slice(0, mostTold).map(formatAddressPattern).join(', ')
  return addresses.length > mostTold ? `${told} and ${addresses.length - mostTold} more` : told
}
