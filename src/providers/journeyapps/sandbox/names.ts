/** What generated users carry. */
export const REGIONS = ["Durban", "Gauteng", "Lisbon", "Rotterdam", "Western Cape"] as const;

const APP = "xyz.appinstall.acme";

export const DEVICES = [
  { platform: "IOS", bundle: APP, label: "Apple iPhone12,1" },
  { platform: "IOS", bundle: APP, label: "Apple iPhone14,5" },
  { platform: "IOS", bundle: APP, label: "Apple iPad11,6" },
  { platform: "ANDROID", bundle: APP, label: "Zebra TC52" },
  { platform: "ANDROID", bundle: APP, label: "Zebra TC21" },
  { platform: "ANDROID", bundle: APP, label: "Samsung SM-G525F" },
  { platform: "ANDROID", bundle: APP, label: "Samsung SM-T575" },
  { platform: "ANDROID", bundle: "com.journeyapps.journey", label: "Nokia TA-1234" },
  { platform: "ANDROID", bundle: APP, label: "Sony C6903" },
  { platform: "CHROME", bundle: APP, label: "Chrome" },
  { platform: "WINDOWS", bundle: APP, label: "Windows" },
] as const;
