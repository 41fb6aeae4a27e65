// Real compilers at work: more than two tests at once would only wait for each other.
[assembly: Xunit.v3.Parallelization(MaxThreads = 2)]
