// What an on-ramp books, as the sentences of its tests write it.

export const paidIn = ['customer_clearing:USD -100.25', 'bank_cash:bank:sim:USD +100.25']
export const paidBack = ['bank_cash:bank:sim:USD -100.25', 'customer_clearing:USD +100.25']
export const lost = ['bank_cash:bank:sim:USD -100.25', 'receivable:USD +100.25']
export const notOwed = ['receivable:USD -100.25', 'customer_clearing:USD +100.25']
export const hold = ['treasury:evm:1:USDC -100.000000 pending', 'escrow:evm:1:USDC +100.000000 pending']
export const unhold = ['escrow:evm:1:USDC -100.000000 pending', 'treasury:evm:1:USDC +100.000000 pending']
export const intoEscrow = ['treasury:evm:1:USDC -100.000000', 'escrow:evm:1:USDC +100.000000']
export const outOfEscrow = ['escrow:evm:1:USDC -100.000000', 'treasury:evm:1:USDC +100.000000']
