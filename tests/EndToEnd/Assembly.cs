// Real compilers at work. On two cores, a third test works while the others wait for the disk and for each other's processes; more would
// only wait themselves.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]
[assembly: Xunit.TestCollectionOrderer(typeof(BpfIncr.EndToEnd.Tests.Support.LongestFirst))]
