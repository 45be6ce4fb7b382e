namespace NJepa.FaultInjection.Trials;

/// <summary>One kind of fault. A new one is added to <see cref="TrialList"/> and to the help.</summary>
internal interface ITrial
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>What must be.</summary>
    string Must { get; }

    /// <summary>Makes the fault happen; one line of the table for each kind of it.</summary>
    IEnumerable<Finding> Run(TrialContext context);
}
