/** What generated users are called. Names are made of these at random: nobody is meant. */
export const FIRST_NAMES = (
  "Ada Amahle Anna Ben Carlos Chen Chloe Daan David Elena Emma Fatima Femi Grace Hana Hugo Ingrid Isaac Jan " +
  "Joao Kofi Lena Liam Lucia Maria Mateo Mia Naledi Noah Nora Olga Omar Pieter Priya Rosa Ruth Samir Sipho " +
  "Sofia Tariq Thabo Tomas Uma Victor Wei Yara Yusuf Zanele Zoe Aiko"
).split(" ");

export const LAST_NAMES = (
  "Abbott Adeyemi Almeida Bakker Becker Botha Brandt Carter Castro Chang Cohen Cruz Dlamini Duarte Evans " +
  "Fischer Fouche Garcia Gupta Haddad Hansen Hughes Ito Jacobs Jansen Khan Khumalo Kim Kruger Larsen Lee " +
  "Lopez Mabaso Martin Meyer Mokoena Moreau Mueller Naidoo Ndlovu Novak Okafor Olsen Patel Pereira Petrov " +
  "Reddy Rossi Sato Schmidt Silva Singh Smith Sousa Taylor Tran Visser Walker Weber Yilmaz Zulu"
).split(" ");

/**
 * The person at a place, from 0, by a seed: no two of a seed share an e-mail address. Beyond as many as there are
 * names, a number keeps namesakes' addresses apart.
 */
export function personAt(index: number, seed: number) {
  const people = FIRST_NAMES.length * LAST_NAMES.length;
  // A stride that shares no factor with the number of names visits each of them once.
  const person = (index * 1_009 + Math.abs(seed)) % people;
  const first = FIRST_NAMES[person % FIRST_NAMES.length] ?? "";
  const last = LAST_NAMES[Math.floor(person / FIRST_NAMES.length)] ?? "";
  const namesake = index < people ? "" : String(Math.floor(index / people) + 1);
  return { first, last, email: `${first}.${last}${namesake}@acme.example`.toLowerCase() };
}
