namespace NJepa.Models;

/// <summary>A model cannot be built as configured. <see cref="Errors"/> lists every reason.</summary>
public sealed class JepaConfigurationException : Exception
{
    /// <summary>An exception that lists the given errors.</summary>
    /// <param name="errors">Every reason, each naming the value, what is allowed and what to do.</param>
    public JepaConfigurationException(IReadOnlyList<string> errors)
        : base("The model cannot be built:\n- " + string.Join("\n- ", errors ?? [])) => Errors = errors ?? [];

    /// <summary>Every reason, each naming the value, what is allowed and what to do.</summary>
    public IReadOnlyList<string> Errors { get; }
}
