import type {
  DeleteRuleRequest,
  DescribeRuleRequest,
  ListRulesRequest,
  ListTargetsByRuleRequest,
  PutRuleRequest,
  PutTargetsRequest,
  RemoveTargetsRequest,
} from '@aws-sdk/client-eventbridge';
import { pageOf } from '../pages.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { invalid, pageLimit } from './limits.ts';
import { readRule, ruleToWire } from './rules.ts';
import { ruleArn } from './state.ts';
import type { Store } from './store.ts';
import { readTarget, targetToWire } from './targets.ts';

const TARGETS_MAX = 5;

const setEnabled = async (
  store: Store,
  request: DescribeRuleRequest,
  call: CallContext,
  enabled: boolean,
) => {
  await store.putRule({ ...store.findRule(request.Name, request.EventBusName, call), enabled });
  return {};
};

export const ruleOperations = (store: Store) =>
  ({
    PutRule: async (request: PutRuleRequest, call: CallContext) => {
      const bus = store.findBus(request.EventBusName, call).name;
      const known = store.ruleAt(call.region, bus, request.Name);
      const rule = readRule(request, call.region, bus, known, store.clock.now());
      await store.putRule(rule);
      return { RuleArn: ruleArn(rule) };
    },
    DescribeRule: (request: DescribeRuleRequest, call: CallContext) =>
      ruleToWire(store.findRule(request.Name, request.EventBusName, call)),
    EnableRule: (request: DescribeRuleRequest, call: CallContext) =>
      setEnabled(store, request, call, true),
    DisableRule: (request: DescribeRuleRequest, call: CallContext) =>
      setEnabled(store, request, call, false),
    DeleteRule: async (request: DeleteRuleRequest, call: CallContext) => {
      const rule = store.ruleAt(
        call.region,
        store.findBus(request.EventBusName, call).name,
        request.Name,
      );
      if (!rule) return {};
      if (rule.targets.length > 0) {
        throw invalid("Rule can't be deleted since it has targets.");
      }
      await store.removeRule(rule);
      return {};
    },
    ListRules: (request: ListRulesRequest, call: CallContext) => {
      const bus = store.findBus(request.EventBusName, call).name;
      const own = store
        .state()
        .rules.filter(
          (rule) =>
            rule.region === call.region &&
            rule.bus === bus &&
            rule.name.startsWith(request.NamePrefix ?? ''),
        );
      const limit = pageLimit(request.Limit);
      const { found, next } = pageOf(own, ({ name }) => name, request.NextToken, limit);
      return { Rules: found.map(ruleToWire), ...next };
    },
    PutTargets: async (request: PutTargetsRequest, call: CallContext) => {
      const rule = store.findRule(request.Rule, request.EventBusName, call);
      const added = (request.Targets ?? []).map((target) => readTarget(target, call.region));
      if (added.length === 0) throw invalid('Targets must have at least one target.');
      const kept = rule.targets.filter((old) => !added.some(({ id }) => id === old.id));
      const targets = [...kept, ...added];
      if (targets.length > TARGETS_MAX) {
        throw new AwsError(
          'LimitExceededException',
          'The requested resource exceeds the maximum number allowed.',
        );
      }
      await store.putRule({ ...rule, targets });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    RemoveTargets: async (request: RemoveTargetsRequest, call: CallContext) => {
      const rule = store.findRule(request.Rule, request.EventBusName, call);
      const gone = new Set(request.Ids ?? []);
      await store.putRule({ ...rule, targets: rule.targets.filter(({ id }) => !gone.has(id)) });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    ListTargetsByRule: (request: ListTargetsByRuleRequest, call: CallContext) => {
      const { targets } = store.findRule(request.Rule, request.EventBusName, call);
      const limit = pageLimit(request.Limit);
      const { found, next } = pageOf(targets, ({ id }) => id, request.NextToken, limit);
      return { Targets: found.map(targetToWire), ...next };
    },
  }) satisfies Operations;
