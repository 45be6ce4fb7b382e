namespace NJepa.Training;

/// <summary>How a run is taken up again.</summary>
public sealed record ResumeOptions
{
    /// <summary>The folder of the checkpoint to go on from; null for the newest that is whole. Checkpoints after it are set aside under another name.</summary>
    /// <value>Default null.</value>
    public string? Checkpoint { get; set; }

    /// <summary>Whether the images may differ from those of the checkpoint. The order of the images is then another one from here on.</summary>
    /// <value>Default false: changed images are refused.</value>
    public bool AllowChangedData { get; set; }

    /// <summary>Whether a run without any checkpoint starts from the beginning, for scripts that are started again until they are done. Checkpoints that are all damaged are an error all the same.</summary>
    /// <value>Default false: it is an error.</value>
    public bool StartIfNone { get; set; }
}
