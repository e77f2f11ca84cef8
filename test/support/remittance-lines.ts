// What a remittance books, line by line.

export const paidIn = ['customer_clearing:USD -100.25', 'bank_cash:USD +100.25']
export const paidBack = ['bank_cash:USD -100.25', 'customer_clearing:USD +100.25']
export const lost = ['bank_cash:USD -100.25', 'receivable:USD +100.25']
export const hold = ['treasury:evm:1:USDC -100.000000 pending', 'escrow:evm:1:USDC +100.000000 pending']
export const unhold = ['escrow:evm:1:USDC -100.000000 pending', 'treasury:evm:1:USDC +100.000000 pending']
export const intoEscrow = ['treasury:evm:1:USDC -100.000000', 'escrow:evm:1:USDC +100.000000']
export const outOfEscrow = ['escrow:evm:1:USDC -100.000000', 'treasury:evm:1:USDC +100.000000']
export const outOfEscrowAs = (account: string) => ['escrow:evm:1:USDC -100.000000', `${account} +100.000000`]

/** The customer's money becomes what the partner has paid out, at the expense of `owner`. */
export const servedFrom = (owner: string) => [
  ...['payout_partner:EUR -90.00', 'exchange:EUR +90.00'],
  ...['exchange:USD -100.00', `${owner} +100.00`],
  ...['fee_income:USD -0.25', `${owner} +0.25`],
]
export const served = servedFrom('customer_clearing:USD')
export const partnerPaid = [...outOfEscrowAs('exchange:USDC'), 'exchange:EUR -90.00', 'payout_partner:EUR +90.00']
