// A worker process for the tests of the stages, which the program itself would be in real life; and workers that
// misbehave as LLVM does.
using BpfIncr.Stages.Workers;

string mode = args.ElementAtOrDefault(0) ?? "";
string llvm = args.ElementAtOrDefault(1)?["--llvm=".Length..] ?? "";
string[] options = [.. args.Skip(3)];
switch (mode)
{
    case "worker":
        return WorkerProgram.RunOnStandardStreams(llvm, options);
    case "crash":
        Console.WriteLine("{}");
        Console.ReadLine();
        Console.Error.WriteLine("LLVM ERROR: Cannot select: something");
        return 134;
    case "far":
        Console.WriteLine("{}");
        Console.ReadLine();
        Console.Error.WriteLine("LLVM ERROR: Branch target out of insn range");
        return 134;
    case "greedy":
        MemoryLimit.Set(512L << 20);
        return WorkerProgram.RunOnStandardStreams(llvm, options);
    case "hang":
        Console.WriteLine("{}");
        Thread.Sleep(Timeout.Infinite);
        return 0;
    default:
        Console.Error.WriteLine("usage: worker|crash|far|greedy|hang --llvm=PATH -- OPTION...");
        return 2;
}
