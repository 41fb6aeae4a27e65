namespace BpfIncr.Stages.Codegen;

/// <summary>Which atomic operations a kernel has, besides relaxed loads and stores; each has those before it too.</summary>
public enum AtomicSupport
{
    /// <summary>Additions whose result nobody wants: all that kernels before 5.12 have.</summary>
    Add,

    /// <summary>Every read-modify-write operation that BPF knows, and results: kernels since 5.12.</summary>
    Fetch,

    /// <summary>Loads that acquire and stores that release: kernels since 6.15.</summary>
    Ordered,
}
