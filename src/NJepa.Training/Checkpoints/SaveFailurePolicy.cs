namespace NJepa.Training;

/// <summary>What happens to a run that cannot be saved.</summary>
public enum SaveFailurePolicy
{
    /// <summary>The run ends with a <see cref="TrainingException"/>; the trained model is still in memory.</summary>
    Stop,

    /// <summary>An error is logged, training goes on, and the next checkpoint is tried when it is due. What is not saved when the run ends is an error all the same.</summary>
    Continue,
}
