using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Parameters;

/// <summary>One buffer for all values, one for all gradients, in the promised order.</summary>
public sealed class ParameterBufferTests : TensorTest
{
    [Fact]
    public void Every_parameter_is_a_view_of_the_values_and_every_gradient_of_the_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();
        using IDisposable noGradient = no_grad();
        ParameterBuffer buffer = model.Parameters;
        buffer.Values.copy_(arange(buffer.Count, ScalarType.Float32));
        buffer.Gradients!.copy_(arange(buffer.Count, ScalarType.Float32) * -1f);

        long next = 0;
        foreach (ModelParameter parameter in buffer.Parameters)
        {
            parameter.Offset.Should().Be(next, parameter.Name);
            parameter.Count.Should().Be(parameter.Shape.Aggregate(1L, (product, side) => product * side));
            parameter.Value.shape.Should().Equal(parameter.Shape);
            parameter.Gradient!.shape.Should().Equal(parameter.Shape);
            Small.Values(parameter.Value).Should().Equal(Enumerable.Range((int)next, (int)parameter.Count).Select(i => (float)i));
            Small.Values(parameter.Gradient!).Should().Equal(Enumerable.Range((int)next, (int)parameter.Count).Select(i => -(float)i));
            Small.Values(parameter.Value.grad!).Should().Equal(Small.Values(parameter.Gradient!));
            next += parameter.Count;
        }

        next.Should().Be(buffer.Count).And.Be(buffer.Values.NumberOfElements).And.Be(buffer.Gradients.NumberOfElements);
    }

    [Fact]
    public void Changing_the_values_changes_what_the_model_says()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        Tensor images = Small.Images();
        float[] student = Small.Values(model.Student.Encode(images)), teacher = Small.Values(model.Teacher.Encode(images));

        using (no_grad())
        {
            model.Parameters.Values.mul_(1.5f);
        }

        Small.Values(model.Student.Encode(images)).Should().NotEqual(student);
        Small.Values(model.Teacher.Encode(images)).Should().Equal(teacher);
    }

    [Fact]
    public void Gradients_add_up_over_backward_passes_and_are_cleared_by_one_call()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.NJepa().Build();

        Small.Step(model).Losses.Total.backward();
        Tensor once = model.Parameters.Gradients!.clone();
        Small.Step(model).Losses.Total.backward();

        Small.ShouldBeBitEqual(model.Parameters.Gradients!, once * 2f);
        Small.Values(once).Should().Contain(value => value != 0);
        model.Parameters.ZeroGradients();
        Small.Values(model.Parameters.Gradients!).Should().OnlyContain(value => value == 0);

        Small.Step(model).Losses.Total.backward();
        Small.ShouldBeBitEqual(model.Parameters.Gradients!, once, "the views must still be where autograd adds to");
    }

    [Fact]
    public void The_decayed_part_is_a_prefix_and_holds_exactly_what_has_more_than_one_dimension()
    {
        using JepaModel model = Small.NJepa().Build();
        foreach (ParameterBuffer buffer in new[] { model.Parameters, model.TeacherParameters })
        {
            foreach (ModelParameter parameter in buffer.Parameters)
            {
                bool decayed = parameter.Shape.Count > 1;
                parameter.IsDecayed.Should().Be(decayed, parameter.Name);
                (parameter.Offset < buffer.DecayedCount).Should().Be(decayed, parameter.Name);
            }

            buffer.DecayedCount.Should().Be(buffer.Parameters.Where(parameter => parameter.IsDecayed).Sum(parameter => parameter.Count));
        }

        model.Parameters["predictor.mask_token"].IsDecayed.Should().BeTrue();
        model.Parameters["encoder.norm.weight"].IsDecayed.Should().BeFalse();
    }

    [Fact]
    public void The_students_segment_is_laid_out_as_the_teacher_is()
    {
        using JepaModel model = Small.NJepa().Build();

        List<ModelParameter> student = [.. model.Parameters.Parameters.Where(parameter => parameter.Name.StartsWith("encoder.", StringComparison.Ordinal))];

        student.Select(parameter => parameter.Name).Should().Equal(model.TeacherParameters.Parameters.Select(parameter => parameter.Name["target_".Length..]));
        student.Select(parameter => parameter.Offset - student[0].Offset).Should().Equal(model.TeacherParameters.Parameters.Select(parameter => parameter.Offset));
        model.TeacherParameters.Count.Should().Be(model.Student.ParameterCount);
    }

    [Fact]
    public void Position_tables_are_constants_and_no_parameters()
    {
        using JepaModel model = Small.NJepa().Build();

        model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters).Should().NotContain(parameter => parameter.Name.Contains("pos_embed"));
        model.Student.PositionsLD.requires_grad.Should().BeFalse();
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_names_that_exist()
    {
        using JepaModel model = Small.NJepa().Build();

        Action get = () => _ = model.Parameters["encoder.cls_token"];

        get.Should().Throw<KeyNotFoundException>().WithMessage(
            "There is no parameter 'encoder.cls_token' among 90, from 'predictor.mask_token' to 'noisy_predictor.predictor_proj.bias'.");
        model.Parameters.Contains("encoder.cls_token").Should().BeFalse();
        model.Parameters.Contains("encoder.norm.bias").Should().BeTrue();
        model.Parameters["encoder.patch_embed.proj.weight"].ToString().Should().Be("encoder.patch_embed.proj.weight [48,3,4,4]");
    }

    [Fact]
    public void A_buffer_that_fits_nowhere_says_how_large_it_is()
    {
        Action make = () => new ParameterBuffer([new ParameterSpec("w", [1L << 25, 1L << 25], ParameterInitialization.Zeros)], CPU, trainable: false).Dispose();

        make.Should().Throw<InsufficientMemoryException>().WithMessage(
            "1125899906842624 parameters need 4503599627370496 bytes on cpu, which could not be allocated. Choose a smaller network or free memory there.");
    }

    [Fact]
    public void A_disposed_buffer_says_so()
    {
        JepaModel model = Small.IJepa().Build();
        model.Dispose();
        model.Dispose();

        Action clear = model.Parameters.ZeroGradients;

        clear.Should().Throw<ObjectDisposedException>();
    }
}
