namespace BpfIncr.Stages.Optimize;

/// <summary>What makes a function of the standard library panic, and how a program is written so that it cannot.</summary>
/// <param name="What">What happens.</param>
/// <param name="Advice">What to do about it, the beginning of a sentence.</param>
internal sealed record PanicCause(string What, string Advice)
{
    private static readonly Dictionary<string, string> Operations = new(StringComparer.Ordinal)
    {
        ["add"] = "an addition", ["sub"] = "a subtraction", ["mul"] = "a multiplication", ["div"] = "a division", ["rem"] = "a remainder",
        ["neg"] = "a negation", ["shl"] = "a shift", ["shr"] = "a shift",
    };

    /// <summary>The cause of a panic.</summary>
    /// <param name="path">The function that would panic.</param>
    /// <param name="text">What it would say, where that is known.</param>
    public static PanicCause Of(string path, string? text)
    {
        string name = path[(path.LastIndexOf("::", StringComparison.Ordinal) + 2)..];
        PanicCause cause = path switch
        {
            _ when name == "panic_bounds_check" => new("an index can be out of bounds", "Use get(), or compare the index with the length before"),
            _ when name.StartsWith("panic_const_", StringComparison.Ordinal) => Arithmetic(name["panic_const_".Length..]),
            "core::option::unwrap_failed" => new("unwrap() of a None", "Use a match or let-else"),
            "core::option::expect_failed" => new("expect() of a None", "Use a match or let-else"),
            "core::result::unwrap_failed" => new("unwrap() or expect() of an Err", "Use a match or let-else"),
            _ when path.StartsWith("core::slice::index::", StringComparison.Ordinal) || path.StartsWith("core::str::slice_error", StringComparison.Ordinal) =>
                new("a range can be out of bounds", "Use get(), or compare the range with the length before"),
            _ when path.Contains("copy_from_slice", StringComparison.Ordinal) => new("slices can differ in length", "Compare the lengths before"),
            _ when name.StartsWith("assert_failed", StringComparison.Ordinal) => new("an assertion can fail", "Check before it"),
            "core::panicking::panic" or "core::panicking::panic_fmt" or "core::panicking::panic_explicit" =>
                new(text is null ? "a panic!, or an assertion that can fail" : "a panic", "Check before it"),
            _ => new($"{path} is called", "Check before it"),
        };
        return text is null ? cause : cause with { What = $"{cause.What}: \"{text}\"" };
    }

    private static PanicCause Arithmetic(string name) => name switch
    {
        "div_by_zero" or "rem_by_zero" => new("a division by zero", "Compare the divisor with zero before, or use checked_div or checked_rem"),
        _ when Operations.TryGetValue(name.Split('_')[0], out string? operation) && name.EndsWith("_overflow", StringComparison.Ordinal) =>
            new($"{operation} can overflow", "Use the wrapping, saturating or checked operation, or check the operands before"),
        _ => new(name.Replace('_', ' '), "Check before it"),
    };
}
