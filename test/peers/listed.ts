/**
 * Contract tests that a peer does not pass, each with the reason. What the reason calls a disagreement is
 * judged by AWS's documentation in docs/peers.md.
 */
import type { Listed } from './contract.ts';

const REPLICAS = 'makes the table a global one inside the embedded DynamoDB';
const SWEEP = 'tells the embedded DynamoDB to delete expired items now';
const RESTART = 'opens the embedded service again on the same folder';
const DNS = 'asks the embedded DNS server, which knows nothing of records elsewhere';
const FAULTS = 'has the embedded Route 53 refuse, delay or lose changes';
const OPERATION = 'disagreement: an operation that is not there is answered with status 500';

export const DYNAMODB_LOCAL_LISTED: readonly Listed[] = [
  {
    file: 'aws/storage.test.ts',
    tests: [
      'tokens in the table of a service > live beside its own items, whatever its key: S',
      'tokens in the table of a service > live beside its own items, whatever its key: N',
    ],
    why: REPLICAS,
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['expired items are swept, renewed and unexpired ones stay'],
    why: SWEEP,
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['a created table is active at once and has an ARN of the region asked'],
    why: 'disagreement: ARNs name the region ddblocal',
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['a transaction that fails while writing leaves nothing behind'],
    why: 'disagreement: ValidationException in place of a cancelled transaction with its reasons',
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['what DynamoDB here does not offer is refused by name'],
    why: OPERATION,
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['errors have the bytes of DynamoDB'],
    why: 'disagreement: other words, and Message in place of message',
  },
];

export const MOTO_LISTED: readonly Listed[] = [
  {
    file: 'aws/dnsRecord.test.ts',
    tests: [
      'a move > replaces the addresses and the epoch in one batch',
      'a move > of an older epoch changes nothing',
      'a move > moves addresses of both kinds, and names',
      'a move > that the guard forbids is not made',
      'what cannot be moved > is what a hand has edited at the very same epoch',
      'two executors > at once: one of them moves, and the name always has an answer',
      'a record at the top of its zone > is moved as an alias from one load balancer to another, once for each epoch',
      'a record at the top of its zone > is no alias of a load balancer that is not there, or by another type, or by its health',
    ],
    why: DNS,
  },
  {
    file: 'aws/dnsRecord.test.ts',
    tests: [
      'a zone that is edited by hand between the proof and the flip > is read again, and moved',
      'two executors > of which one was paused after its check: the late batch is refused',
      'shares > replace the simple set, follow one another at one epoch, and end in a simple set',
    ],
    why: 'disagreement: DELETE takes a record whose values are others; shares ask DNS, too',
  },
  {
    file: 'aws/dnsRecord.test.ts',
    tests: [
      'a busy Route 53 > that answers Throttling is asked again, a bounded number of times, and nothing is moved',
      'a busy Route 53 > that answers PriorRequestNotComplete is asked again, a bounded number of times, and nothing is moved',
      'a busy Route 53 > that has time again in between makes the change once',
      'a busy Route 53 > tells the proof so',
      'an accepted change > is PENDING until the name servers have it, then INSYNC',
      'an accepted change > that was lost on the way is unknown, and can be made again',
    ],
    why: FAULTS,
  },
  {
    file: 'aws/storage.test.ts',
    tests: [
      'tokens in the table of a service > live beside its own items, whatever its key: S',
      'tokens in the table of a service > live beside its own items, whatever its key: N',
    ],
    why: REPLICAS,
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['expired items are swept, renewed and unexpired ones stay'],
    why: SWEEP,
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['a key is never empty, in an item or in a condition'],
    why: 'disagreement: other words for an empty key of an item',
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['a transaction writes all, or nothing with a reason for each item'],
    why: 'disagreement: a transaction with the token of an earlier one is carried out again',
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['a transaction that fails while writing leaves nothing behind'],
    why: 'disagreement: ValidationException in place of a cancelled transaction with its reasons',
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['what DynamoDB here does not offer is refused by name'],
    why: OPERATION,
  },
  {
    file: 'dynamodb/tables.test.ts',
    tests: ['errors have the bytes of DynamoDB'],
    why: 'disagreement: the content type application/json, and other words',
  },
  {
    file: 'functions/flip.test.ts',
    tests: [
      'a flip > moves the record and the machine, and a repeat changes nothing',
      'a flip > without a lease is not made',
      'a flip > on stale evidence is not made',
      'a flip > of an execution that is no longer under way is not made',
      'a flip > is rolled back once, at an epoch of its own',
      'a failback by shares > takes 1, 5, 25 and 100 %, each watched for its time',
      'a failback by shares > waits for the time of a share, and retreats when home is bad again',
      'a failback by shares > waits while home is not well yet',
    ],
    why: DNS,
  },
  {
    file: 'functions/flip.test.ts',
    tests: [
      'a flip > whose change was lost is made again while it is followed',
      'a flip > that stays PENDING for ten minutes is told of, and submitted once',
    ],
    why: FAULTS,
  },
  {
    file: 'logs.test.ts',
    tests: ['groups, streams and events are there after a restart'],
    why: RESTART,
  },
  {
    file: 'logs.test.ts',
    tests: ['a long stream keeps its newest events within a bound'],
    why: 'a bound of the embedded CloudWatch Logs',
  },
  {
    file: 'logs.test.ts',
    tests: ['events are filtered across streams by text and time, in pages'],
    why: 'disagreement: a pattern with - or ? finds nothing',
  },
  {
    file: 'logs.test.ts',
    tests: ['events out of order are refused, too old and too new ones are told and left out'],
    why: 'disagreement: tooOldLogEventEndIndex counts the last one in',
  },
  {
    file: 'logs.test.ts',
    tests: ['what is not there is named'],
    why: 'disagreement: a missing stream is told as a missing group',
  },
  {
    file: 's3.test.ts',
    tests: ['buckets and objects are there after a restart'],
    why: RESTART,
  },
  {
    file: 's3.test.ts',
    tests: ['buckets > are not served from another region'],
    why: 'disagreement: a bucket answers in every region, not with a redirect',
  },
  {
    file: 's3.test.ts',
    tests: ['buckets > are made once, with a valid name'],
    why: 'disagreement: Not_Valid is taken for a name',
  },
  {
    file: 's3.test.ts',
    tests: ['objects > are refused when a checksum does not fit'],
    why: 'disagreement: checksums are not compared',
  },
  {
    file: 'ssm.test.ts',
    tests: ['what was put is there after a restart, and what was deleted is not'],
    why: RESTART,
  },
  {
    file: 'ssm.test.ts',
    tests: ['a parameter is put once, then only over itself, with rising versions'],
    why: 'disagreement: it keeps earlier versions, as AWS does; the embedded one keeps the latest only',
  },
  {
    file: 'ssm.test.ts',
    tests: ['a secret is shown only when decryption is asked, and its file is private'],
    why: 'disagreement: a secret that is not decrypted is shown behind a prefix',
  },
  {
    file: 'ssm.test.ts',
    tests: ['many are read by name and by path, in pages'],
    why: 'DescribeParameters answers ten where no limit is asked; AWS names 50 as the most',
  },
  {
    file: 'ssm.test.ts',
    tests: ['bad names, values and filters are refused by the name AWS gives the mistake'],
    why: 'disagreement: takes names of 16 levels and values that do not fit AllowedPattern',
  },
  {
    file: 'ec2.test.ts',
    tests: [
      'a network interface > is found by its id, with its addresses and who has it',
      'a network interface > has an address of the internet only where it was given one',
      'a network interface > comes with the others of its region, in pages',
    ],
    why: 'interfaces of tasks; moto runs none',
  },
  {
    file: 'ec2.test.ts',
    tests: ['EC2 refuses > a malformed id, a page that is too small, and ids in pages'],
    why: 'disagreement: a malformed id is one that is not there, and pages have any size',
  },
  {
    file: 'ec2.test.ts',
    tests: [
      'EC2 refuses > filters, which it does not have here',
      'EC2 refuses > every other action, in the words of AWS',
    ],
    why: 'about what the embedded EC2 does not have',
  },
  {
    file: 'ecr.test.ts',
    tests: [
      'replicas are seen in the other region once the lag is over, and deleted there alone',
      'images outlive the process',
      'a folder of processes has no size, and no container client gets its manifest',
    ],
    why: 'is about replication, restart and process images of the embedded ECR',
  },
  {
    file: 'ecr.test.ts',
    tests: [
      'an image has the digest of its manifest and the compressed size of its blobs',
      'what was not pushed is not announced, and the same push twice is told',
      'a tag moves to the image pushed last, and the other stays without it',
    ],
    why: 'disagreement: digests are not those of the manifests, layers are not looked for',
  },
];

/** Contract tests that no peer runs; a folder ends in a slash. */
export const NOT_RUN: readonly { readonly what: string; readonly why: string }[] = [
  { what: 'wire/', why: 'about the protocols of the embedded endpoint itself' },
  { what: 'awscli/', why: 'the same operations by another client' },
  { what: 'crash.test.ts', why: 'kills the embedded services while they write' },
  { what: 'operations.test.ts', why: 'compares the embedded services with a document' },
  { what: 'iam.test.ts', why: 'about the roles that the embedded cloud enforces' },
  { what: 'aws/caller.test.ts', why: 'who calls is told by the keys of the embedded cloud' },
  { what: 'rareGrants.test.ts', why: 'about the roles that the embedded cloud enforces' },
  { what: 'ecs/', why: 'moto runs no task' },
  { what: 'aws/services.test.ts', why: 'moto runs no task' },
  { what: 'aws/tasks.test.ts', why: 'moto runs no task' },
  { what: 'elbv2.test.ts', why: 'moto forwards no request' },
  { what: 'elbv2Rules.test.ts', why: 'moto forwards no request' },
  { what: 'codebuild.test.ts', why: 'moto builds nothing' },
  { what: 'lambda/', why: 'moto runs functions in docker only' },
  {
    what: 'eventbridge.test.ts',
    why: 'about deliveries and refusals; moto delivers to other targets',
  },
  {
    what: 'scheduler.test.ts',
    why: 'about starts in virtual time and refusals; moto starts nothing',
  },
  { what: 'stepfunctions.test.ts', why: 'machines in JSONata and calls of services' },
  { what: 'cloudwatch.test.ts', why: 'about series in virtual time' },
  { what: 'route53/', why: 'about answers, health checks and refusals; moto has none of them' },
  { what: 'installedRecord.test.ts', why: 'asks the embedded DNS server' },
  { what: 's3Public.test.ts', why: 'about virtual hosts; moto serves those of its own name only' },
  { what: 'aws/images.test.ts', why: 'layers from the embedded registry' },
  { what: 'aws/replication.test.ts', why: REPLICAS },
  { what: 'dynamodb/replication.test.ts', why: REPLICAS },
  { what: 'dynamodb/strong.test.ts', why: 'moto and DynamoDB Local know no MRSC tables' },
  { what: 'dynamodb/undo.test.ts', why: 'about the ledger of the embedded DynamoDB' },
];
