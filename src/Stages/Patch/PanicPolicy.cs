namespace BpfIncr.Stages.Patch;

/// <summary>What a panic becomes.</summary>
public enum PanicPolicy
{
    /// <summary>The program ends and returns 0.</summary>
    Exit,

    /// <summary>A panic that the optimizer cannot rule out fails the build, with its source line.</summary>
    Reject,

    /// <summary>The program's own panic handler stays as it is.</summary>
    Keep,
}
