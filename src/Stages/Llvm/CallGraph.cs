namespace BpfIncr.Stages.Llvm;

/// <summary>Which defined function calls which, directly.</summary>
internal sealed class CallGraph
{
    private readonly Dictionary<LLVMValueRef, HashSet<LLVMValueRef>> callees = [];

    public CallGraph(LlvmModule module)
    {
        foreach (LLVMValueRef function in module.DefinedFunctions())
        {
            callees[function] = [.. LlvmModule.Calls(function)
                .Select(LLVM.LLVMGetCalledValue)
                .Where(static callee => !LLVM.LLVMIsAFunction(callee).IsNull && LLVM.LLVMIsDeclaration(callee) == 0)];
        }
    }

    /// <summary>All functions from which one of <paramref name="targets"/> can be reached; the targets included.</summary>
    public HashSet<LLVMValueRef> Reaching(IEnumerable<LLVMValueRef> targets)
    {
        var reaching = new HashSet<LLVMValueRef>(targets);
        bool grown = true;
        while (grown)
        {
            grown = false;
            foreach ((LLVMValueRef caller, HashSet<LLVMValueRef> called) in callees)
                grown |= called.Overlaps(reaching) && reaching.Add(caller);
        }

        return reaching;
    }

    /// <summary>A cycle of calls, from a function back to it; empty when there is none.</summary>
    public List<LLVMValueRef> FindCycle()
    {
        var done = new HashSet<LLVMValueRef>();
        foreach (LLVMValueRef start in callees.Keys)
        {
            if (FindCycle(start, done) is { } cycle) return cycle;
        }

        return [];
    }

    private List<LLVMValueRef>? FindCycle(LLVMValueRef start, HashSet<LLVMValueRef> done)
    {
        // An explicit stack: call chains of generated code can be deeper than this thread's.
        var path = new List<LLVMValueRef>();
        var onPath = new HashSet<LLVMValueRef>();
        var work = new Stack<(LLVMValueRef Function, bool Leave)>([(start, false)]);
        while (work.TryPop(out (LLVMValueRef Function, bool Leave) step))
        {
            if (step.Leave)
            {
                path.RemoveAt(path.Count - 1);
                onPath.Remove(step.Function);
                done.Add(step.Function);
                continue;
            }

            if (onPath.Contains(step.Function)) return [.. path.SkipWhile(function => function != step.Function), step.Function];
            if (done.Contains(step.Function)) continue;
            path.Add(step.Function);
            onPath.Add(step.Function);
            work.Push((step.Function, true));
            foreach (LLVMValueRef callee in callees[step.Function]) work.Push((callee, false));
        }

        return null;
    }
}
