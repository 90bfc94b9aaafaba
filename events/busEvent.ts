/** What is put on the event bus: the source of all our events, the name of one, and its content. */
export const EVENT_SOURCE = 'failover-drill';

export type BusEvent<Detail> = {
  readonly source: typeof EVENT_SOURCE;
  readonly detailType: string;
  readonly detail: Detail;
};

export const busEvent = <Detail>(detailType: string, detail: Detail): BusEvent<Detail> => ({
  source: EVENT_SOURCE,
  detailType,
  detail,
});
