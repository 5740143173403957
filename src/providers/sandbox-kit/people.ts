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
