// What a remittance books beside what an on-ramp does, as the sentences of its tests write it.

export const outOfEscrowAs = (account: string) => ['escrow:evm:1:USDC -100.000000', `${account} +100.000000`]

/** The customer's money becomes what the partner has paid out, at the expense of `owner`. */
export const servedFrom = (owner: string) => [
  ...['payout_partner:EUR -90.00', 'exchange:EUR +90.00'],
  ...['exchange:USD -100.00', `${owner} +100.00`],
  ...['fee_income:USD -0.25', `${owner} +0.25`],
]
export const served = servedFrom('customer_clearing:USD')
export const partnerPaid = [...outOfEscrowAs('exchange:USDC'), 'exchange:EUR -90.00', 'payout_partner:EUR +90.00']
