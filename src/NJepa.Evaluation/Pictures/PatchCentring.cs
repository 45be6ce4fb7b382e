namespace NJepa.Evaluation;

/// <summary>Which mean is taken off patch features before they are compared (<see cref="PatchSimilarity"/>).</summary>
public enum PatchCentring
{
    /// <summary>The mean over the patches of the same image: what is left is how patches differ within it. Shows the parts of one image best.</summary>
    Image,

    /// <summary>The mean over all patches of all images: patches of different images are then measured alike, and an image whose patches all differ from the others' in the same way shows no parts.</summary>
    Set,

    /// <summary>None: the cosines of the features as they are, most of them close to 1.</summary>
    None,
}
