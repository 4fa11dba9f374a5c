/** Money: an integer of minor units with its currency. No fraction, no rounding, no conversion. */
import { z } from 'zod';

/** ISO 4217 codes of currencies in use (list one, without funds, metals and test codes). */
const CURRENCIES: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP ' +
    'CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG ' +
    'HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL ' +
    'MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR ' +
    'RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD ' +
    'TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG'
  ).split(' '),
);

/** The largest amount, in minor units: a million billion of most currencies, and well within a PostgreSQL bigint. */
export const LARGEST_AMOUNT = 10n ** 17n;

/** An amount in minor units of a currency. */
export interface MoneyValue {
  readonly amount: bigint;
  readonly currency: string;
}

/** Whether this is an ISO 4217 code of a currency in use, upper case. */
export function isCurrency(code: string): boolean {
  return CURRENCIES.has(code);
}

/** Checks an amount that is paid or set aside: more than nothing, at most `LARGEST_AMOUNT`, in a currency in use. */
export const moneyInput = z.object({
  amount: z
    .bigint()
    .min(1n, 'expected more than 0 minor units')
    .max(LARGEST_AMOUNT, `expected at most ${LARGEST_AMOUNT} minor units`),
  currency: z.string().refine(isCurrency, 'expected an ISO 4217 currency code in use, such as EUR'),
});
