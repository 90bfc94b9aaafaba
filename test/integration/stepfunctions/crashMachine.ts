const invoke = {
  Type: 'Task',
  Resource: 'arn:aws:lambda:eu-west-1:000000000000:function:echo',
  Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 1, MaxAttempts: 3 }],
};

/** A machine with tasks, branches, iterations and variables, over in a moment of real time. */
export const MACHINE = {
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Parameters: { items: [1, 2, 3] }, Assign: { kept: 7 }, Next: 'Call' },
    Call: { ...invoke, Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Left', States: { Left: { ...invoke, End: true } } },
        {
          StartAt: 'Each',
          States: {
            Each: {
              Type: 'Map',
              ItemsPath: '$.items',
              ItemProcessor: { StartAt: 'One', States: { One: { ...invoke, End: true } } },
              End: true,
            },
          },
        },
      ],
      Next: 'End',
    },
    End: {
      Type: 'Pass',
      Parameters: { 'both.$': '$', 'kept.$': '$kept' },
      End: true,
    },
  },
};
