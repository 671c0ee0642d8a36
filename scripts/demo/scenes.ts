/** A client that sends one message, and what should become of it. */
export interface Scene {
  readonly title: string
  /** The address that the client comes from. */
  readonly ip: string
  readonly helo: string
  /** Empty for a bounce. */
  readonly sender: string
  /** For each recipient what should happen: the outcome, the code that the client reads, and the rule that decided. */
  readonly recipients: Readonly<Record<string, string>>
  /** A file of `fixtures/messages`. */
  readonly message: string
  /** Talks before it is greeted. */
  readonly impatient?: boolean
  /** How long it waits before it comes. */
  readonly waitMs?: number
}

/** Whom the next hop knows. */
export const mailboxes: readonly string[] = ['alice@museum.example', 'bob@museum.example', 'postmaster@museum.example']

const harbourPress = { ip: '192.0.2.10', helo: 'mx1.harbour-press.example', sender: 'clara@harbour-press.example' }

const workshop = { ip: '198.51.100.40', helo: 'workshop-pc', sender: 'office@oduya-frames.example', message: 'invoice.eml' }

/** The scene whose refusal is explained in full. */
export const explained = 'a parcel service that cannot wait'

export const scenes: readonly Scene[] = [
  {
    ...harbourPress,
    title: 'a letter from a good server',
    recipients: { 'alice@museum.example': 'delivered 250' },
    message: 'letter.eml',
  },
  {
    title: 'a newsletter, over IPv6',
    ip: '2001:db8:20::25',
    helo: 'out.orchard.example',
    sender: 'news-bounces@lists.orchard.example',
    recipients: { 'bob@museum.example': 'delivered 250' },
    message: 'newsletter.eml',
  },
  {
    title: 'a bounce, with the null sender',
    ip: '198.51.100.7',
    helo: 'mail.far-away.example',
    sender: '',
    recipients: { 'alice@museum.example': 'delivered 250' },
    message: 'bounce.eml',
  },
  {
    ...workshop,
    title: 'a workshop that nobody vouches for',
    recipients: { 'bob@museum.example': 'deferred 451 greylist' },
  },
  {
    ...workshop,
    title: 'the same, a little later',
    recipients: { 'bob@museum.example': 'delivered 250' },
    waitMs: 1100,
  },
  {
    title: 'a sender whose DNS is broken',
    ip: '198.51.100.120',
    helo: 'mail.praxis-hosting.example',
    sender: 'praxis@bruele-praxis.example',
    recipients: { 'alice@museum.example': 'delivered 250' },
    message: 'appointment.eml',
  },
  {
    ...harbourPress,
    title: 'two recipients, one unknown',
    recipients: { 'bob@museum.example': 'delivered 250', 'amalia@museum.example': 'rejected 550' },
    message: 'invitation.eml',
  },
  {
    ...harbourPress,
    title: 'one recipient, unknown',
    recipients: { 'amalia@museum.example': 'rejected 550' },
    message: 'question.eml',
  },
  {
    title: 'on a blocklist, no reverse DNS',
    ip: '203.0.113.66',
    helo: 'mail.bargain-parade.example',
    sender: 'deals@bargain-parade.example',
    recipients: { 'alice@museum.example': 'quarantined 250 score-limit' },
    message: 'offer.eml',
  },
  {
    title: explained,
    ip: '203.0.113.77',
    helo: 'mail.parcel-desk.example',
    sender: 'no-reply@parcel-desk.example',
    recipients: { 'alice@museum.example': 'rejected 550 score-limit' },
    message: 'parcel.eml',
    impatient: true,
  },
  {
    title: 'a stranger in a publisher’s name',
    ip: '198.51.100.90',
    helo: 'out.survey-house.example',
    sender: 'clerk@bargain-parade.example',
    recipients: { 'alice@museum.example': 'quarantined 250 dmarc' },
    message: 'letter.eml',
  },
  {
    title: 'greets with our own name',
    ip: '203.0.113.7',
    helo: 'mx.museum.example',
    sender: 'it-desk@mailbox-check.example',
    recipients: { 'alice@museum.example': 'rejected 550 helo' },
    message: 'account-warning.eml',
  },
  {
    title: 'on a list that we refuse by',
    ip: '203.0.113.99',
    helo: 'mail.fast-loans.example',
    sender: 'credit@fast-loans.example',
    recipients: { 'bob@museum.example': 'rejected 554 dnsbl' },
    message: 'loan.eml',
  },
  {
    title: 'the same, to our postmaster',
    ip: '203.0.113.99',
    helo: 'mail.fast-loans.example',
    sender: 'desk@fast-loans.example',
    recipients: { 'postmaster@museum.example': 'delivered 250' },
    message: 'delisting.eml',
  },
  {
    title: 'a sender who takes no answers',
    ip: '198.51.100.90',
    helo: 'out.survey-house.example',
    sender: 'survey@never-answers.example',
    recipients: { 'bob@museum.example': 'rejected 550 sender-domain' },
    message: 'survey.eml',
  },
  {
    title: 'a sender that does not exist',
    ip: '198.51.100.90',
    helo: 'out.survey-house.example',
    sender: 'board@no-such-lottery.example',
    recipients: { 'alice@museum.example': 'rejected 550 sender-domain' },
    message: 'prize.eml',
  },
  {
    title: 'a message smuggled in another',
    ip: '198.51.100.90',
    helo: 'out.survey-house.example',
    sender: 'clerk@bargain-parade.example',
    recipients: { 'bob@museum.example': 'rejected 550' },
    message: 'smuggling.eml',
  },
  {
    title: 'mail for somebody else’s domain',
    ip: '198.51.100.90',
    helo: 'out.survey-house.example',
    sender: 'friend@bargain-parade.example',
    recipients: { 'stranger@elsewhere.example': 'rejected 550' },
    message: 'passing-through.eml',
  },
]
