/** The words of a view: a label for every field that one shows, and for the values of fixed lists, in each language. */
import type { EncounterValues, PatientValues } from '../../clinical/index.js';
import type { SubsidyValues } from '../../finance/index.js';
import type { ReportValues } from '../../reporting/index.js';

/** A word in every language. */
export interface Word {
  readonly en: string;
  readonly ru: string;
}

export type Language = keyof Word;

/** Every field of a kind has a label: the compiler asks for those that are new. */
type Labels<V> = { readonly [F in keyof V]: Word };

export const PATIENT_LABELS: Labels<PatientValues> = {
  identifiers: { en: 'Identifiers', ru: 'Идентификаторы' },
  names: { en: 'Names', ru: 'Имена' },
  gender: { en: 'Gender', ru: 'Пол' },
  birthDate: { en: 'Born', ru: 'Дата рождения' },
  deceased: { en: 'Deceased', ru: 'Скончался' },
  deceasedAt: { en: 'Died', ru: 'Дата смерти' },
  addresses: { en: 'Addresses', ru: 'Адреса' },
  contacts: { en: 'Contacts', ru: 'Контакты' },
  insurance: { en: 'Insurance', ru: 'Страхование' },
  maritalStatus: { en: 'Marital status', ru: 'Семейное положение' },
  language: { en: 'Language', ru: 'Язык' },
  alerts: { en: 'Alerts', ru: 'Предупреждения' },
  retracted: { en: 'Entered in error', ru: 'Внесено по ошибке' },
  retractionReason: { en: 'Why it was retracted', ru: 'Причина отзыва' },
};

export const ENCOUNTER_LABELS: Labels<EncounterValues> = {
  patient: { en: 'Patient', ru: 'Пациент' },
  class: { en: 'Class', ru: 'Вид' },
  status: { en: 'Status', ru: 'Состояние' },
  serviceCode: { en: 'Service', ru: 'Услуга' },
  start: { en: 'Began', ru: 'Начало' },
  end: { en: 'Ended', ru: 'Окончание' },
  practitioner: { en: 'Practitioner', ru: 'Врач' },
  cost: { en: 'Cost', ru: 'Стоимость' },
  payer: { en: 'Payer', ru: 'Плательщик' },
  identifier: { en: 'Number', ru: 'Номер' },
  reason: { en: 'Reason', ru: 'Причина' },
  diagnoses: { en: 'Diagnoses', ru: 'Диагнозы' },
  outcome: { en: 'Outcome', ru: 'Исход' },
  note: { en: 'Note', ru: 'Заметка' },
  retracted: { en: 'Entered in error', ru: 'Внесено по ошибке' },
  retractionReason: { en: 'Why it was retracted', ru: 'Причина отзыва' },
};

export const REPORT_LABELS: Labels<ReportValues> = {
  form: { en: 'Form', ru: 'Форма' },
  code: { en: 'Code of the form', ru: 'Код формы' },
  formVersion: { en: 'Version of the form', ru: 'Версия формы' },
  period: { en: 'Period', ru: 'Период' },
  state: { en: 'State', ru: 'Состояние' },
  due: { en: 'Due', ru: 'Срок' },
  filedAt: { en: 'Filed', ru: 'Подан' },
  indicators: { en: 'Figures', ru: 'Показатели' },
  note: { en: 'Note', ru: 'Примечание' },
  reason: { en: 'Why it was corrected', ru: 'Причина исправления' },
};

export const SUBSIDY_LABELS: Labels<SubsidyValues> = {
  programme: { en: 'Programme', ru: 'Программа' },
  payee: { en: 'Payee', ru: 'Получатель' },
  state: { en: 'State', ru: 'Состояние' },
  amount: { en: 'Amount', ru: 'Сумма' },
  currency: { en: 'Currency', ru: 'Валюта' },
  purpose: { en: 'Purpose', ru: 'Назначение' },
  account: { en: 'Account', ru: 'Счёт' },
  reference: { en: 'Reference of the payment', ru: 'Номер платежа' },
  reason: { en: 'Why it was rejected', ru: 'Причина отказа' },
  proposedBy: { en: 'Proposed by', ru: 'Предложил' },
  approvedBy: { en: 'Approved by', ru: 'Утвердил' },
  rejectedBy: { en: 'Rejected by', ru: 'Отклонил' },
  disbursedBy: { en: 'Paid by', ru: 'Выплатил' },
  confirmedBy: { en: 'Confirmed by', ru: 'Подтвердил' },
};

export const HEADINGS = {
  patient: { en: 'Patient', ru: 'Пациент' },
  identity: { en: 'Who it is', ru: 'Личные данные' },
  alerts: { en: 'What harms when it is overlooked', ru: 'Важно знать' },
  coverage: { en: 'Insurance', ru: 'Страхование' },
  report: { en: 'Report', ru: 'Отчёт' },
  figures: { en: 'Figures', ru: 'Показатели' },
  subsidy: { en: 'Subsidy', ru: 'Субсидия' },
  institution: { en: 'Institution', ru: 'Учреждение' },
  withheld: { en: 'Specially protected records are not shown', ru: 'Особо защищённые записи не показаны' },
  file: { en: 'File', ru: 'Карта' },
  otherFile: { en: 'Linked file', ru: 'Связанная карта' },
  none: { en: 'None recorded', ru: 'Не записано' },
  yes: { en: 'Yes', ru: 'Да' },
  no: { en: 'No', ru: 'Нет' },
} as const satisfies Readonly<Record<string, Word>>;

export const PURPOSE_WORDS = {
  TREATMENT: { en: 'For treatment', ru: 'Для лечения' },
  EMERGENCY: { en: 'In an emergency', ru: 'Экстренная помощь' },
  COVERAGE: { en: 'For coverage', ru: 'Для страхования' },
  AUDIT: { en: 'For an audit', ru: 'Для проверки' },
  REPORTING: { en: 'For reporting', ru: 'Для отчётности' },
  FINANCE: { en: 'For finance', ru: 'Для финансов' },
} as const satisfies Readonly<Record<string, Word>>;

/** Values of fixed lists. One that isn't here stands as it was recorded. */
export const VALUE_WORDS: Readonly<Record<string, Word>> = {
  MALE: { en: 'Male', ru: 'Мужской' },
  FEMALE: { en: 'Female', ru: 'Женский' },
  OTHER: { en: 'Other', ru: 'Другое' },
  UNKNOWN: { en: 'Unknown', ru: 'Неизвестно' },
  AMB: { en: 'Ambulatory', ru: 'Амбулаторно' },
  EMER: { en: 'Emergency', ru: 'Экстренно' },
  FLD: { en: 'In the field', ru: 'Выезд' },
  HH: { en: 'At home', ru: 'На дому' },
  IMP: { en: 'Inpatient', ru: 'Стационар' },
  ACUTE: { en: 'Inpatient, acute', ru: 'Стационар, острый' },
  NONAC: { en: 'Inpatient, not acute', ru: 'Стационар, не острый' },
  OBSENC: { en: 'Observation', ru: 'Наблюдение' },
  PRENC: { en: 'Before admission', ru: 'До поступления' },
  SS: { en: 'Short stay', ru: 'Кратковременно' },
  VR: { en: 'Virtual', ru: 'Дистанционно' },
  PLANNED: { en: 'Planned', ru: 'Запланировано' },
  ARRIVED: { en: 'Arrived', ru: 'Прибыл' },
  TRIAGED: { en: 'Triaged', ru: 'Осмотрен' },
  IN_PROGRESS: { en: 'In progress', ru: 'Идёт' },
  ON_LEAVE: { en: 'On leave', ru: 'В отпуске' },
  FINISHED: { en: 'Finished', ru: 'Завершено' },
  CANCELLED: { en: 'Cancelled', ru: 'Отменено' },
  ACTIVE: { en: 'active', ru: 'активно' },
  RECURRENCE: { en: 'recurred', ru: 'повторно' },
  RELAPSE: { en: 'relapse', ru: 'рецидив' },
  INACTIVE: { en: 'inactive', ru: 'неактивно' },
  REMISSION: { en: 'in remission', ru: 'ремиссия' },
  RESOLVED: { en: 'resolved', ru: 'разрешено' },
  UNCONFIRMED: { en: 'unconfirmed', ru: 'не подтверждено' },
  PROVISIONAL: { en: 'provisional', ru: 'предварительно' },
  DIFFERENTIAL: { en: 'differential', ru: 'дифференциально' },
  CONFIRMED: { en: 'confirmed', ru: 'подтверждено' },
  REFUTED: { en: 'refuted', ru: 'опровергнуто' },
  ENTERED_IN_ERROR: { en: 'entered in error', ru: 'внесено по ошибке' },
  ALLERGY: { en: 'Allergy', ru: 'Аллергия' },
  MEDICATION: { en: 'Medication', ru: 'Лекарство' },
  CONDITION: { en: 'Condition', ru: 'Состояние' },
  DEVICE: { en: 'Device', ru: 'Устройство' },
  LOW: { en: 'low severity', ru: 'низкая опасность' },
  MODERATE: { en: 'moderate severity', ru: 'умеренная опасность' },
  HIGH: { en: 'high severity', ru: 'высокая опасность' },
  FILED: { en: 'Filed', ru: 'Подан' },
  AMENDED: { en: 'Amended', ru: 'Исправлен' },
  RETRACTED: { en: 'Retracted', ru: 'Отозван' },
  PROPOSED: { en: 'Proposed', ru: 'Предложена' },
  APPROVED: { en: 'Approved', ru: 'Утверждена' },
  REJECTED: { en: 'Rejected', ru: 'Отклонена' },
  DISBURSED: { en: 'Paid', ru: 'Выплачена' },
};
